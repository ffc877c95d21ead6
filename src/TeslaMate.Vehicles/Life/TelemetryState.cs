using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Vehicles.Life;

/// <summary>What is remembered about a car that streams (spec fleet-telemetry 4).</summary>
sealed record TelemetryState
{
    public static readonly TelemetryState None = new();

    /// <summary>The car is told to send its data here.</summary>
    public bool IsConfigured { get; init; }

    /// <summary>Its records make the rows; nothing polls meanwhile.</summary>
    public bool Leads { get; init; }

    /// <summary>It was found out to be broken: polling leads until data have flowed for a while.</summary>
    public bool IsBroken { get; init; }

    /// <summary>Since when data flow again.</summary>
    public DateTimeOffset? BackSince { get; init; }

    public bool IsUp { get; init; }

    /// <summary>Somebody tells of the car's connections; otherwise the end of the contact is a guess from silence.</summary>
    public bool IsContactTold { get; init; } = true;

    /// <summary>The server's clock when the contact began or ended.</summary>
    public DateTimeOffset? ContactSince { get; init; }

    /// <summary>The server's clock at the newest record.</summary>
    public DateTimeOffset? LastData { get; init; }

    /// <summary>The car's clock in the newest record that was applied.</summary>
    public DateTimeOffset? LastCarTime { get; init; }

    /// <summary>The snapshot as pages and topics show it.</summary>
    public VehicleData? Shown { get; init; }

    public bool IsGearKnown { get; init; }

    /// <summary>The open drive began without a gear.</summary>
    public bool IsGearless { get; init; }

    /// <summary>The first of the records in which the car moves without a gear.</summary>
    public TelemetryReading? Moving { get; init; }

    /// <summary>The car's clock since when a drive without gear stands.</summary>
    public DateTimeOffset? StandingSince { get; init; }

    /// <summary>Until when (the server's clock) the first record of a car that has connected is waited for.</summary>
    public DateTimeOffset? WakeDue { get; init; }

    /// <summary>Until when (the server's clock) a place is waited for.</summary>
    public DateTimeOffset? PlaceDue { get; init; }

    /// <summary>The reading that wants one.</summary>
    public TelemetryReading? WithoutPlace { get; init; }

    public ChargeMark? LastCharge { get; init; }

    /// <summary>The car's clock since when there is charging power, of a car that does not tell its charging state.</summary>
    public DateTimeOffset? PowerSince { get; init; }

    /// <summary>What the car ran before the update that is being installed.</summary>
    public string? VersionBefore { get; init; }

    /// <summary>The newest version that the logbook was told.</summary>
    public string? NotedVersion { get; init; }

    /// <summary>A <c>vehicle</c> request is under way.</summary>
    public bool IsChecking { get; init; }

    /// <summary>When to ask once more, because the first answer said that the car is online.</summary>
    public DateTimeOffset? CheckAgain { get; init; }

    /// <summary>The last <c>vehicle</c> request.</summary>
    public DateTimeOffset? LastCheck { get; init; }

    /// <summary>How often in a row the car was said to be online while nothing was heard of it.</summary>
    public int OnlineAnswers { get; init; }

    /// <summary>A <c>vehicle_data</c> request is wanted as soon as the car is in contact.</summary>
    public string? FullWanted { get; init; }
}

/// <summary>The last row of the open charging process.</summary>
/// <param name="EnergyKwh">The counter as it was last told, also without a row.</param>
sealed record ChargeMark(DateTimeOffset Date, double? PowerKw, int? Phases, double? EnergyKwh, double? OdometerMiles);
