namespace TeslaMate.Tesla.Cars;

/// <summary>Where the car is and how it moves (spec tesla-api 9.2).</summary>
public sealed record DriveState
{
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Degrees, -90 to 90.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees, -180 to 180.</summary>
    public double? Longitude { get; init; }

    /// <summary>Degrees, 0 to 360.</summary>
    public int? Heading { get; init; }

    /// <summary>Miles an hour; negative backwards, if a car says so.</summary>
    public int? Speed { get; init; }

    /// <summary>Miles per hour with all digits; only a car that streams tells them.</summary>
    public double? ExactSpeed { get; init; }

    /// <summary>kW; negative flows into the battery.</summary>
    public int? Power { get; init; }

    public ShiftState? ShiftState { get; init; }

    public string? ActiveRouteDestination { get; init; }

    /// <summary>Degrees.</summary>
    public double? ActiveRouteLatitude { get; init; }

    /// <summary>Degrees.</summary>
    public double? ActiveRouteLongitude { get; init; }

    /// <summary>Percent; can be negative when the battery will not suffice.</summary>
    public int? ActiveRouteEnergyAtArrival { get; init; }

    public ApiNumber? ActiveRouteMilesToArrival { get; init; }

    public ApiNumber? ActiveRouteMinutesToArrival { get; init; }

    public ApiNumber? ActiveRouteTrafficMinutesDelay { get; init; }
}
