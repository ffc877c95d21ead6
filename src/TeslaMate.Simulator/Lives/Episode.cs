using TeslaMate.Simulator.Roads;

namespace TeslaMate.Simulator.Lives;

/// <summary>A piece of a car's life; the pieces follow one another without gaps. Closed.</summary>
/// <param name="OdometerKm">At the start.</param>
/// <param name="BatteryKwh">At the start.</param>
public abstract record Episode(DateTimeOffset Start, DateTimeOffset End, Place Place, double OdometerKm, double BatteryKwh)
{
    /// <summary>Standing; falls asleep when left alone.</summary>
    /// <param name="Plugged">The charge whose cable is still in, or null.</param>
    public sealed record Parked(DateTimeOffset Start, DateTimeOffset End, Place Place, double OdometerKm, double BatteryKwh, Charging? Plugged)
        : Episode(Start, End, Place, OdometerKm, BatteryKwh);

    public sealed record Driving(DateTimeOffset Start, DateTimeOffset End, Place Place, double OdometerKm, double BatteryKwh, Trip Trip)
        : Episode(Start, End, Place, OdometerKm, BatteryKwh);

    /// <param name="LimitPercent">The level at which the car stops.</param>
    public sealed record Charging(
        DateTimeOffset Start, DateTimeOffset End, Place Place, double OdometerKm, double BatteryKwh, Charger Charger, ChargeCurve Curve,
        int LimitPercent)
        : Episode(Start, End, Place, OdometerKm, BatteryKwh);

    /// <summary>Getting new software: downloading, waiting, then installing until <see cref="Episode.End"/>; awake all the time.</summary>
    /// <param name="Cancelled">Whether the installation is given up at the end.</param>
    public sealed record Updating(
        DateTimeOffset Start, DateTimeOffset End, Place Place, double OdometerKm, double BatteryKwh, DateTimeOffset Downloaded,
        DateTimeOffset InstallStart,
        string Version, bool Cancelled) : Episode(Start, End, Place, OdometerKm, BatteryKwh);
}

/// <summary>Something that lies over the episodes for a while. Closed.</summary>
public abstract record Circumstance(DateTimeOffset From, DateTimeOffset Until)
{
    /// <summary>The car cannot be reached.</summary>
    public sealed record NoSignal(DateTimeOffset From, DateTimeOffset Until) : Circumstance(From, Until);

    public sealed record InService(DateTimeOffset From, DateTimeOffset Until) : Circumstance(From, Until);

    /// <summary>A sleeping car looks after itself for some minutes: it is online, but not really awake.</summary>
    public sealed record SubsystemCheck(DateTimeOffset From, DateTimeOffset Until) : Circumstance(From, Until);

    public sealed record Sentry(DateTimeOffset From, DateTimeOffset Until) : Circumstance(From, Until);

    internal bool Holds(DateTimeOffset now) => From <= now && now < Until;
}
