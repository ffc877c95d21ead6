namespace TeslaMate.Logbook.Geofences;

public enum BillingType { PerKwh, PerMinute }

/// <summary>The words of the database for what a charge is paid by.</summary>
public static class BillingTypes
{
    public static string Word(this BillingType type) => type == BillingType.PerMinute ? "per_minute" : "per_kwh";
}

/// <summary>A row of <c>geofences</c>: a circle with a name, and what charging inside it costs.</summary>
/// <param name="RadiusM">1 to 4999 metres.</param>
/// <param name="CostPerUnit">For a kWh or a minute; may be negative.</param>
public sealed record Geofence(
    GeofenceId Id, string Name, double Latitude, double Longitude, short RadiusM, BillingType BillingType, decimal? CostPerUnit, decimal? SessionFee);

/// <summary>A geofence as a form has it, before it is checked. Null is an empty field.</summary>
public sealed record GeofenceForm
{
    public string? Name { get; init; }

    public double? Latitude { get; init; }

    public double? Longitude { get; init; }

    /// <summary>Metres; a fraction is an error.</summary>
    public decimal? Radius { get; init; }

    /// <summary><c>per_kwh</c> or <c>per_minute</c>.</summary>
    public string? BillingType { get; init; } = "per_kwh";

    public decimal? CostPerUnit { get; init; }

    public decimal? SessionFee { get; init; }
}
