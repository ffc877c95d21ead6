using TeslaMate.Simulator.Roads;

namespace TeslaMate.Simulator.Lives;

/// <summary>Writes a life, episode after episode. The same calls with the same seed write the same life.</summary>
public sealed class LifeScript
{
    static readonly TimeSpan Download = TimeSpan.FromMinutes(8);
    static readonly TimeSpan BeforeInstalling = TimeSpan.FromMinutes(3);
    static readonly TimeSpan Installation = TimeSpan.FromMinutes(25);

    readonly List<Episode> _episodes = [];
    readonly List<Circumstance> _circumstances = [];
    readonly CarIdentity _car;
    readonly CarModel _model;
    readonly string _version;
    readonly int _seed;
    Episode.Charging? _plugged;

    /// <param name="place">Where the car stands at first.</param>
    /// <param name="level">How full its battery is then, in percent.</param>
    public LifeScript(
        CarIdentity car, CarModel model, Place place, DateTimeOffset start, int seed = 1, double odometerKm = 23_456.789, double level = 80,
        string version = "2025.44.3 0a1b2c3d4e5f")
    {
        _car = car;
        _model = model;
        _version = version;
        _seed = seed;
        (Place, Now, OdometerKm, BatteryKwh) = (place, start, odometerKm, level / 100 * model.CapacityKwh);
    }

    /// <summary>Where the script has come to.</summary>
    public DateTimeOffset Now { get; private set; }

    public Place Place { get; private set; }

    public double OdometerKm { get; private set; }

    public double BatteryKwh { get; private set; }

    public double Level => 100 * BatteryKwh / _model.CapacityKwh;

    public LifeScript Park(TimeSpan duration) => ParkUntil(Now + duration);

    /// <summary>Stays where it is; does nothing when the time has passed already.</summary>
    public LifeScript ParkUntil(DateTimeOffset end)
    {
        if (end <= Now)
            return this;
        // One stay is one episode, however it was written down: a car falls asleep once.
        if (_episodes is [.., Episode.Parked stay] && stay.Plugged == _plugged)
        {
            _episodes.RemoveAt(_episodes.Count - 1);
            Add(stay with { End = end });
        }
        else
        {
            Add(new Episode.Parked(Now, end, Place, OdometerKm, BatteryKwh, _plugged));
        }

        return this;
    }

    /// <summary>Drives from here to the end of the road.</summary>
    public LifeScript Drive(Road road)
    {
        if (road.From != Place)
            throw new ArgumentException($"The car is at {Place.Street}, not at {road.From.Street}.", nameof(road));
        _plugged = null;
        var trip = Trip.Along(road, HashCode(_seed, _episodes.Count));
        Add(new Episode.Driving(Now, Now + trip.Duration, Place, OdometerKm, BatteryKwh, trip));
        Place = road.To;
        OdometerKm += trip.Metres / 1000;
        BatteryKwh = Math.Max(1, BatteryKwh - trip.EnergyKwh);
        return this;
    }

    /// <summary>
    /// Charges to <paramref name="level"/> percent; the cable of a fast charger is pulled at once, another stays in until the next drive.
    /// </summary>
    public LifeScript Charge(Charger charger, int level)
    {
        var target = level / 100.0 * _model.CapacityKwh;
        if (target <= BatteryKwh)
            return this;
        var curve = ChargeCurve.Of(charger, _model, BatteryKwh, target);
        var charge = new Episode.Charging(Now, Now + curve.Duration, Place, OdometerKm, BatteryKwh, charger, curve, level);
        Add(charge);
        BatteryKwh += curve.AddedKwh;
        _plugged = charge;
        if (charger is Charger.Direct)
        {
            Park(TimeSpan.FromSeconds(50));
            _plugged = null;
        }

        return this;
    }

    public LifeScript InstallUpdate(string version) => Update(version, Installation, cancelled: false);

    /// <summary>Starts to install and gives up after some minutes; the update stays available.</summary>
    public LifeScript CancelUpdate(string version) => Update(version, TimeSpan.FromMinutes(6), cancelled: true);

    /// <summary>
    /// Makes the car unreachable for <paramref name="duration"/>, <paramref name="delay"/> from here on; what it does is written by other calls.
    /// </summary>
    public LifeScript LoseSignal(TimeSpan delay, TimeSpan duration)
    {
        _circumstances.Add(new Circumstance.NoSignal(Now + delay, Now + delay + duration));
        return this;
    }

    public LifeScript CheckSubsystems(TimeSpan delay)
    {
        _circumstances.Add(new Circumstance.SubsystemCheck(Now + delay, Now + delay + TimeSpan.FromSeconds(150)));
        return this;
    }

    public LifeScript WatchOver(TimeSpan duration)
    {
        _circumstances.Add(new Circumstance.Sentry(Now, Now + duration));
        return Park(duration);
    }

    /// <summary>Stands in a workshop.</summary>
    public LifeScript BeServiced(TimeSpan duration)
    {
        _circumstances.Add(new Circumstance.InService(Now, Now + duration));
        return Park(duration);
    }

    public Life Build() => new(_car, _model, _version, _episodes, _circumstances);

    LifeScript Update(string version, TimeSpan installation, bool cancelled)
    {
        var downloaded = Now + Download;
        var install = downloaded + BeforeInstalling;
        Add(new Episode.Updating(Now, install + installation, Place, OdometerKm, BatteryKwh, downloaded, install, version, cancelled));
        return this;
    }

    void Add(Episode episode)
    {
        _episodes.Add(episode);
        Now = episode.End;
    }

    // System.HashCode differs from run to run.
    static int HashCode(int seed, int number) => unchecked((seed * 7919 + number) * 104_729 & int.MaxValue);
}
