using TeslaMate.Simulator.Roads;

namespace TeslaMate.Simulator.Lives;

/// <summary>What a request for the car is answered with at the light end. Closed.</summary>
public enum Reach
{
    Online,
    Asleep,
    Offline,
    InService,
}

/// <summary>What the car is doing, whether or not anybody can reach it.</summary>
public enum Doing
{
    Parked,
    Driving,
    Charging,
    Updating,
}

/// <summary>All there is to know about a car at one moment; units as on Tesla's wire (miles, mph, degrees Celsius, bar).</summary>
public sealed record Moment
{
    public required DateTimeOffset At { get; init; }

    public required Reach Reach { get; init; }

    public required Doing Doing { get; init; }

    /// <summary>Online only to look after itself: the stream says so by an empty power.</summary>
    public bool SubsystemCheck { get; init; }

    public required GeoPoint Point { get; init; }

    public double ElevationM { get; init; }

    public double Heading { get; init; }

    public string? Shift { get; init; }

    public int? SpeedMph { get; init; }

    public int PowerKw { get; init; }

    public double OdometerMi { get; init; }

    public int Level { get; init; }

    public int UsableLevel { get; init; }

    public double RatedMi { get; init; }

    public double IdealMi { get; init; }

    public double EstimatedMi { get; init; }

    public string ChargingState { get; init; } = "Disconnected";

    /// <summary>The charge that is going on or whose cable is still in.</summary>
    public Charger? Charger { get; init; }

    public double AddedKwh { get; init; }

    public double ChargerKw { get; init; }

    public int LimitPercent { get; init; } = 80;

    public double HoursToFull { get; init; }

    public double OutsideTemp { get; init; }

    public double InsideTemp { get; init; }

    public bool Climate { get; init; }

    public bool UserPresent { get; init; }

    public bool DriverDoorOpen { get; init; }

    public bool Locked { get; init; } = true;

    public bool Sentry { get; init; }

    public string CarVersion { get; init; } = "";

    public string UpdateStatus { get; init; } = "";

    public string UpdateVersion { get; init; } = "";

    public int DownloadPercent { get; init; }

    public int InstallPercent { get; init; } = 1;

    /// <summary>Where the navigation leads, and how many miles and minutes are left.</summary>
    public (Place To, double Miles, double Minutes)? Route { get; init; }

    /// <summary>The car answers <c>vehicle_data</c> requests and moves bits on the stream.</summary>
    public bool IsOnline => Reach == Reach.Online;
}
