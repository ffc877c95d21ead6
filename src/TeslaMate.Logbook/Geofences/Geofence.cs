using TeslaMate.Logbook.Writing;

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

/// <summary>What a geofence's form may hold (spec logbook 9.1).</summary>
public static class GeofenceRules
{
    /// <summary>Every mistake of a form; none means that it will be stored.</summary>
    public static IReadOnlyList<FieldError> Check(GeofenceForm form) => Check(form, out _);

    /// <param name="geofence">What the form says, without a number; of use only when there are no errors.</param>
    internal static IReadOnlyList<FieldError> Check(GeofenceForm form, out Geofence geofence)
    {
        List<FieldError> errors = [];
        var name = Column.Text(form.Name?.Trim(), int.MaxValue);
        if (name is null)
            errors.Add(new("name", Problem.Blank));
        else if (name.EnumerateRunes().Count() > 255)
            errors.Add(new("name", "should be at most 255 character(s)"));
        Degrees("latitude", form.Latitude, 90);
        Degrees("longitude", form.Longitude, 180);
        switch (form.Radius)
        {
            case null: errors.Add(new("radius", Problem.Blank)); break;
            case { } radius when radius != decimal.Truncate(radius): errors.Add(new("radius", Problem.Invalid)); break;
            case <= 0: errors.Add(new("radius", "must be greater than 0")); break;
            case >= 5000: errors.Add(new("radius", "must be less than 5000")); break;
        }

        if (form.BillingType is not (null or "per_kwh" or "per_minute"))
            errors.Add(new("billing_type", Problem.Invalid));
        if (form.CostPerUnit is > 99999.9999m or < -99999.9999m)
            errors.Add(new("cost_per_unit", Problem.Invalid));
        if (form.SessionFee < 0)
            errors.Add(new("session_fee", "must be greater than or equal to 0"));
        else if (form.SessionFee > 999999999999.99m)
            errors.Add(new("session_fee", Problem.Invalid));

        geofence = new(
            default, name ?? "", (double)Math.Round((decimal)Finite(form.Latitude), 6, MidpointRounding.AwayFromZero),
            (double)Math.Round((decimal)Finite(form.Longitude), 6, MidpointRounding.AwayFromZero), (short)Math.Clamp(form.Radius ?? 0, 0, 4999),
            form.BillingType == "per_minute" ? BillingType.PerMinute : BillingType.PerKwh,
            form.CostPerUnit is { } cost ? Math.Round(cost, 4, MidpointRounding.AwayFromZero) : null,
            form.SessionFee is { } fee ? Math.Round(fee, 2, MidpointRounding.AwayFromZero) : null);
        return errors;

        void Degrees(string field, double? value, double most)
        {
            if (value is null)
                errors.Add(new(field, Problem.Blank));
            else if (!(Math.Abs(value.Value) <= most))
                errors.Add(new(field, Problem.Invalid));
        }

        static double Finite(double? value) => value is >= -180 and <= 180 ? value.Value : 0;
    }
}
