using System.Diagnostics;
using TeslaMate.Logbook;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Simulator.Lives;

/// <summary>
/// A car's whole life as it was written. What the car does at a moment follows from the script alone; only whether it sleeps also depends on when a
/// request last kept it awake.
/// </summary>
public sealed class Life
{
    /// <summary>How long a car stays awake after it was last used or asked.</summary>
    public static readonly TimeSpan SleepsAfter = TimeSpan.FromMinutes(11);

    /// <summary>How long before a drive the driver opens the door, and how long after it they are still there.</summary>
    public static readonly TimeSpan Approach = TimeSpan.FromSeconds(75);

    readonly Episode[] _episodes;
    readonly Circumstance[] _circumstances;
    readonly DateTimeOffset[] _starts;
    readonly DateTimeOffset[] _changes;
    readonly History[] _histories;

    internal Life(CarIdentity car, CarModel model, string firstVersion, IReadOnlyList<Episode> episodes, IReadOnlyList<Circumstance> circumstances)
    {
        Car = car;
        Model = model;
        _episodes = [.. episodes];
        _histories = [.. History.Of(firstVersion, _episodes)];
        _circumstances = [.. circumstances];
        _starts = [.. _episodes.Select(episode => episode.Start)];
        _changes =
        [
            .. _episodes.SelectMany<Episode, DateTimeOffset>(episode => episode switch
                {
                    Episode.Driving drive => [drive.Start - Approach, drive.Start, drive.End],
                    Episode.Updating update => [update.Start, update.Downloaded, update.InstallStart, update.End],
                    _ => [episode.Start],
                })
                .Concat(_circumstances.SelectMany<Circumstance, DateTimeOffset>(circumstance => [circumstance.From, circumstance.Until])).Distinct()
                .Order(),
        ];
    }

    public CarIdentity Car { get; }

    public CarModel Model { get; }

    public DateTimeOffset Start => _episodes[0].Start;

    /// <summary>After this the car stays parked for ever.</summary>
    public DateTimeOffset End => _episodes[^1].End;

    public IReadOnlyList<Episode> Episodes => _episodes;

    public IReadOnlyList<Circumstance> Circumstances => _circumstances;

    public IEnumerable<DriveTruth> Drives => _episodes.OfType<Episode.Driving>().Select(drive => new DriveTruth(
        drive.Start, drive.End, drive.Place, drive.Trip.Road.To, drive.OdometerKm, drive.OdometerKm + drive.Trip.Metres / 1000,
        RatedKm(drive.BatteryKwh), RatedKm(drive.BatteryKwh - drive.Trip.EnergyKwh), drive.Trip.EnergyKwh));

    public IEnumerable<ChargeTruth> Charges => _episodes.OfType<Episode.Charging>().Select(charge => new ChargeTruth(
        charge.Start, charge.End, charge.Place, charge.Charger, charge.Curve.AddedKwh,
        charge.Charger is Charger.Alternating ? charge.Curve.AddedKwh / 0.93 : charge.Curve.AddedKwh,
        RatedKm(charge.BatteryKwh), RatedKm(charge.BatteryKwh + charge.Curve.AddedKwh), Level(charge.BatteryKwh),
        Level(charge.BatteryKwh + charge.Curve.AddedKwh)));

    public IEnumerable<UpdateTruth> Updates => _episodes.OfType<Episode.Updating>()
        .Select(update => new UpdateTruth(update.InstallStart, update.End, update.Version, update.Cancelled));

    /// <summary>The first moment after <paramref name="now"/> at which something begins or ends, or null when nothing will any more.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset now)
    {
        var index = Array.BinarySearch(_changes, now);
        index = index < 0 ? ~index : index + 1;
        return index < _changes.Length ? _changes[index] : null;
    }

    /// <param name="now">The moment asked for.</param>
    /// <param name="lastKeptAwake">When a request last kept the car awake; earlier than everything when none did.</param>
    public Moment At(DateTimeOffset now, DateTimeOffset lastKeptAwake)
    {
        var index = IndexAt(now);
        var episode = _episodes[index];
        var moment = episode switch
        {
            Episode.Driving drive => Driving(drive, now),
            Episode.Charging charge => Charging(charge, now),
            Episode.Updating update => Updating(update, now),
            Episode.Parked parked => Parked(parked, index, now, lastKeptAwake),
            _ => throw new UnreachableException(),
        };
        foreach (var circumstance in _circumstances)
            if (circumstance.Holds(now))
                moment = Under(circumstance, moment);
        return WithSurroundings(moment, index);
    }

    internal Episode EpisodeAt(DateTimeOffset now) => _episodes[IndexAt(now)];

    int IndexAt(DateTimeOffset now)
    {
        var index = Array.BinarySearch(_starts, now);
        return Math.Clamp(index < 0 ? ~index - 1 : index, 0, _episodes.Length - 1);
    }

    static Moment Under(Circumstance circumstance, Moment moment) => circumstance switch
    {
        Circumstance.NoSignal => moment with { Reach = Reach.Offline },
        Circumstance.InService => moment with { Reach = Reach.InService },
        Circumstance.SubsystemCheck when moment.Reach == Reach.Asleep => moment with { Reach = Reach.Online, SubsystemCheck = true },
        Circumstance.Sentry when moment.Doing == Doing.Parked => moment with { Reach = Reach.Online, Sentry = true },
        _ => moment,
    };

    Moment Parked(Episode.Parked parked, int index, DateTimeOffset now, DateTimeOffset lastKeptAwake)
    {
        var next = index + 1 < _episodes.Length ? _episodes[index + 1] : null;
        var arrived = index > 0 && _episodes[index - 1] is Episode.Driving && now - parked.Start < TimeSpan.FromSeconds(30);
        var leaving = next is Episode.Driving && next.Start - now <= Approach;
        // A car whose life has not begun yet sleeps.
        var lastActive = lastKeptAwake > parked.Start || now < parked.Start ? lastKeptAwake : parked.Start;
        var plugged = parked.Plugged;
        return new Moment
        {
            At = now,
            Reach = arrived || leaving || now - SleepsAfter < lastActive ? Reach.Online : Reach.Asleep,
            Doing = Doing.Parked,
            Point = parked.Place.Point,
            UserPresent = arrived || leaving,
            DriverDoorOpen = arrived || leaving,
            Locked = !(arrived || leaving),
            Climate = leaving,
            Charger = plugged?.Charger,
            ChargingState = plugged is null ? "Disconnected" : "Complete",
            AddedKwh = _histories[index].AddedKwh,
        }.WithBattery(this, parked.BatteryKwh, parked.OdometerKm);
    }

    Moment Driving(Episode.Driving drive, DateTimeOffset now)
    {
        var (metres, speed, kw, kwh) = drive.Trip.At(now - drive.Start);
        var (point, heading, _) = drive.Trip.Road.At(metres);
        var left = drive.End - now;
        return new Moment
        {
            At = now,
            Reach = Reach.Online,
            Doing = Doing.Driving,
            Point = point,
            Heading = heading,
            Shift = "D",
            SpeedMph = (int)Math.Round(speed * 2.2369362920544, MidpointRounding.AwayFromZero),
            PowerKw = (int)Math.Round(kw, MidpointRounding.AwayFromZero),
            UserPresent = true,
            Climate = true,
            Locked = true,
            AddedKwh = _histories[IndexAt(now)].AddedKwh,
            Route = drive.Trip.Metres > 15_000
                ? (drive.Trip.Road.To, (drive.Trip.Metres - metres) / 1000 * Lengths.MilesPerKm, left.TotalMinutes) : null,
        }.WithBattery(this, drive.BatteryKwh - kwh, drive.OdometerKm + metres / 1000);
    }

    Moment Charging(Episode.Charging charge, DateTimeOffset now)
    {
        var (kw, added, starting) = charge.Curve.At(now - charge.Start);
        return new Moment
        {
            At = now,
            Reach = Reach.Online,
            Doing = Doing.Charging,
            Point = charge.Place.Point,
            PowerKw = -(int)Math.Round(kw * 0.93),
            Charger = charge.Charger,
            ChargingState = starting ? "Starting" : "Charging",
            ChargerKw = kw,
            AddedKwh = added,
            LimitPercent = charge.LimitPercent,
            HoursToFull = Math.Max(0, (charge.End - now).TotalHours),
        }.WithBattery(this, charge.BatteryKwh + added, charge.OdometerKm);
    }

    Moment Updating(Episode.Updating update, DateTimeOffset now) => new Moment
    {
        At = now,
        Reach = Reach.Online,
        Doing = Doing.Updating,
        Point = update.Place.Point,
        UpdateStatus = now < update.Downloaded ? "downloading" : now < update.InstallStart ? "scheduled" : "installing",
        UpdateVersion = update.Version,
        DownloadPercent = now < update.Downloaded ? Share(update.Start, update.Downloaded, now) : 100,
        InstallPercent = now < update.InstallStart ? 1 : Math.Max(1, Share(update.InstallStart, update.End, now)),
        AddedKwh = _histories[IndexAt(now)].AddedKwh,
    }.WithBattery(this, update.BatteryKwh, update.OdometerKm);

    // What holds whatever the car does: the weather, the software and the height.
    Moment WithSurroundings(Moment moment, int index)
    {
        var hours = moment.At.ToUnixTimeMilliseconds() / 3_600_000.0;
        var outside = Math.Round(2 * (8 + 6 * Math.Sin((hours - 9) / 24 * 2 * Math.PI) + 3 * Math.Sin(hours / 171))) / 2;
        var history = _histories[index];
        var offered = moment.Doing == Doing.Parked ? history.Offered : null;
        return moment with
        {
            OutsideTemp = outside,
            InsideTemp = moment.Climate ? 20.5 : Math.Round((outside + 2.3) * 10) / 10,
            ElevationM = Terrain.ElevationAt(moment.Point),
            CarVersion = history.Version,
            UpdateStatus = offered is null ? moment.UpdateStatus : "available",
            UpdateVersion = offered ?? moment.UpdateVersion,
        };
    }

    double RatedKm(double kwh) => kwh / Model.KwhPerKm;

    internal double RatedMi(double kwh) => Math.Round(RatedKm(kwh) * Lengths.MilesPerKm, 2);

    internal int Level(double kwh) => (int)Math.Round(100 * kwh / Model.CapacityKwh, MidpointRounding.AwayFromZero);

    internal static double Miles(double km) => Math.Round(km * Lengths.MilesPerKm, 6);

    static int Share(DateTimeOffset from, DateTimeOffset until, DateTimeOffset now)
        => (int)Math.Clamp(100 * (now - from) / (until - from), 0, 99);
}

/// <summary>What came before an episode and still shows: the software, an update that was not taken, the counter of the last charge.</summary>
readonly record struct History(string Version, string? Offered, double AddedKwh)
{
    public static IEnumerable<History> Of(string firstVersion, IEnumerable<Episode> episodes)
    {
        var history = new History(firstVersion, null, 0);
        foreach (var episode in episodes)
        {
            yield return history;
            history = episode switch
            {
                Episode.Updating { Cancelled: true } update => history with { Offered = update.Version },
                Episode.Updating update => history with { Version = update.Version, Offered = null },
                Episode.Charging charge => history with { AddedKwh = charge.Curve.AddedKwh },
                _ => history,
            };
        }
    }
}

static class MomentBattery
{
    public static Moment WithBattery(this Moment moment, Life life, double kwh, double odometerKm) => moment with
    {
        Level = life.Level(kwh),
        UsableLevel = Math.Max(0, life.Level(kwh - 0.3)),
        RatedMi = life.RatedMi(kwh),
        IdealMi = Math.Round(life.RatedMi(kwh) * life.Model.IdealPerRated, 2),
        EstimatedMi = Math.Round(life.RatedMi(kwh) * 0.87, 2),
        OdometerMi = Life.Miles(odometerKm),
    };
}
