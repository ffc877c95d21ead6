namespace TeslaMate.Logbook.Cars;

/// <summary>A row of <c>cars</c> with its <c>car_settings</c>.</summary>
public sealed record Car
{
    public required CarId Id { get; init; }

    /// <summary>Tesla's <c>id</c>, used in every request path. It may change; <see cref="Vin"/> does not.</summary>
    public required long Eid { get; init; }

    /// <summary>Tesla's <c>vehicle_id</c>, used as the tag of the streaming API.</summary>
    public required long Vid { get; init; }

    public required string Vin { get; init; }

    /// <summary>The owner's name for the car; null when it has none.</summary>
    public string? Name { get; init; }

    /// <summary><c>S</c>, <c>3</c>, <c>X</c>, <c>Y</c>, <c>Cybertruck</c>, or null while unknown.</summary>
    public string? Model { get; init; }

    public string? TrimBadging { get; init; }

    public string? MarketingName { get; init; }

    public string? ExteriorColor { get; init; }

    public string? WheelType { get; init; }

    public string? SpoilerType { get; init; }

    /// <summary>kWh per km of range, derived from charging processes; null until enough of them agree.</summary>
    public double? Efficiency { get; init; }

    /// <summary>Lists of cars are sorted by this, then by id.</summary>
    public short DisplayPriority { get; init; } = 1;

    public required CarSettings Settings { get; init; }
}
