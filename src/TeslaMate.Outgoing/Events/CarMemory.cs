namespace TeslaMate.Outgoing.Events;

/// <summary>
/// What was last known of a car and what was told of it already, kept over restarts: a start tells nothing twice and takes nothing that it did not
/// know for a change. Null is "never known". A value without clocks and collections, so that two of them can be compared.
/// </summary>
public sealed record CarMemory
{
    /// <summary>A word of spec mqtt 8.1.</summary>
    public string? State { get; init; }

    /// <summary>The place that the car was last told to be in.</summary>
    public KnownPlace? Place { get; init; }

    /// <summary>The place it may have changed to; told when it has stayed for a minute.</summary>
    public NewPlace? NewPlace { get; init; }

    /// <summary>The version that was last known to be offered; empty when none was.</summary>
    public string? OfferedVersion { get; init; }

    public string? InstalledVersion { get; init; }

    public bool? IsBatteryLow { get; init; }

    /// <summary>Tesla's word, such as <c>Charging</c>.</summary>
    public string? ChargingState { get; init; }

    /// <summary>Per cent, as last known.</summary>
    public int? BatteryLevel { get; init; }

    /// <summary>Per cent, as last known.</summary>
    public int? ChargeLimit { get; init; }

    /// <summary>The limit (in per cent, 0 when it is not known) that was told to be reached since the car was plugged in.</summary>
    public int? ReachedLimit { get; init; }

    public bool? IsSoftFl { get; init; }

    public bool? IsSoftFr { get; init; }

    public bool? IsSoftRl { get; init; }

    public bool? IsSoftRr { get; init; }

    public bool? IsSentryAlarmed { get; init; }

    /// <summary>Since when the parked car, with nobody in it, has been open.</summary>
    public DateTimeOffset? OpenSince { get; init; }

    public bool IsOpenTold { get; init; }

    /// <summary>Since when the data that was told to have stopped is missing.</summary>
    public DateTimeOffset? StoppedSince { get; init; }

    /// <summary>The drive whose start was told and whose end was not.</summary>
    public int? OpenDrive { get; init; }

    /// <summary>The charging process whose start was told and whose end was not.</summary>
    public int? OpenProcess { get; init; }
}

/// <summary>A geofence, or none.</summary>
/// <param name="Id">Null outside of all.</param>
/// <param name="Name">Null outside of all.</param>
public sealed record KnownPlace(int? Id, string? Name);

/// <summary>A place that the car may have changed to.</summary>
/// <param name="Since">When it was first seen there.</param>
public sealed record NewPlace(KnownPlace Place, DateTimeOffset Since);
