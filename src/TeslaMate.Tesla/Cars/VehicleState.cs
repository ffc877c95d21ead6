namespace TeslaMate.Tesla.Cars;

/// <summary>Doors, locks, software and tyres (spec tesla-api 9.6). Doors, trunks and windows: 0 is closed.</summary>
public sealed record VehicleState
{
    public DateTimeOffset? Timestamp { get; init; }

    public string? VehicleName { get; init; }

    /// <summary>The whole text, such as <c>2026.20.3 0123456789ab</c>.</summary>
    public string? CarVersion { get; init; }

    /// <summary>Miles.</summary>
    public double? OdometerMiles { get; init; }

    public bool? Locked { get; init; }

    public bool? SentryMode { get; init; }

    public bool? IsUserPresent { get; init; }

    public bool? ServiceMode { get; init; }

    /// <summary>Driver's front door.</summary>
    public int? Df { get; init; }

    /// <summary>Passenger's front door.</summary>
    public int? Pf { get; init; }

    /// <summary>Rear door on the driver's side.</summary>
    public int? Dr { get; init; }

    /// <summary>Rear door on the passenger's side.</summary>
    public int? Pr { get; init; }

    /// <summary>Front trunk.</summary>
    public int? Ft { get; init; }

    /// <summary>Rear trunk.</summary>
    public int? Rt { get; init; }

    /// <summary>Driver's front window.</summary>
    public int? FdWindow { get; init; }

    /// <summary>Passenger's front window.</summary>
    public int? FpWindow { get; init; }

    /// <summary>Rear window on the driver's side.</summary>
    public int? RdWindow { get; init; }

    /// <summary>Rear window on the passenger's side.</summary>
    public int? RpWindow { get; init; }

    public int? CenterDisplayState { get; init; }

    public string? SunRoofState { get; init; }

    /// <summary>Percent.</summary>
    public int? SunRoofPercentOpen { get; init; }

    /// <summary>Bar, front left.</summary>
    public ApiNumber? TpmsPressureFl { get; init; }

    /// <summary>Bar, front right.</summary>
    public ApiNumber? TpmsPressureFr { get; init; }

    /// <summary>Bar, rear left.</summary>
    public ApiNumber? TpmsPressureRl { get; init; }

    /// <summary>Bar, rear right.</summary>
    public ApiNumber? TpmsPressureRr { get; init; }

    public bool? TpmsSoftWarningFl { get; init; }

    public bool? TpmsSoftWarningFr { get; init; }

    public bool? TpmsSoftWarningRl { get; init; }

    public bool? TpmsSoftWarningRr { get; init; }

    /// <summary>Null when the answer had none, which says nothing about an update under way.</summary>
    public SoftwareUpdate? SoftwareUpdate { get; init; }
}

/// <summary>Object <c>software_update</c> inside <see cref="VehicleState"/>.</summary>
public sealed record SoftwareUpdate
{
    /// <summary>
    /// Empty, <c>available</c>, <c>downloading</c>, <c>downloading_wifi_wait</c>, <c>scheduled</c>, <c>installing</c> or a new word.
    /// </summary>
    public string? Status { get; init; }

    /// <summary>The whole text; often empty or a blank.</summary>
    public string? Version { get; init; }

    /// <summary>Percent.</summary>
    public int? DownloadPerc { get; init; }

    /// <summary>Percent.</summary>
    public int? InstallPerc { get; init; }
}
