using System.Collections.Immutable;
using TeslaMate.Simulator.Lives;

namespace TeslaMate.Simulator.Cloud;

/// <summary>A car in the cloud: its life, and what was asked of it.</summary>
public sealed class SimulatedCar(Life life)
{
    readonly Lock _lock = new();
    readonly Dictionary<(RequestKind Kind, Doing Doing, Reach Reach), int> _requests = [];
    readonly Dictionary<DateTimeOffset, DateTimeOffset> _lastKeptAwakeByStart = [];
    DateTimeOffset _lastKeptAwake = DateTimeOffset.MinValue;

    public Life Life { get; } = life;

    public CarIdentity Identity => Life.Car;

    /// <summary>How often the car was asked for what, and what it was doing then.</summary>
    public IReadOnlyDictionary<(RequestKind Kind, Doing Doing, Reach Reach), int> Requests
    {
        get
        {
            lock (_lock)
                return _requests.ToImmutableDictionary();
        }
    }

    /// <summary>How often it was asked for <paramref name="kind"/> while that held.</summary>
    public int Count(RequestKind kind, Func<Doing, Reach, bool>? where = null)
        => Requests.Where(entry => entry.Key.Kind == kind && (where?.Invoke(entry.Key.Doing, entry.Key.Reach) ?? true)).Sum(entry => entry.Value);

    /// <summary>How many <c>vehicle_data</c> requests met a sleeping car that only looked after itself, and kept it awake for nothing.</summary>
    public int DisturbedChecks { get; private set; }

    /// <summary>The car as it is at <paramref name="now"/>.</summary>
    public Moment At(DateTimeOffset now)
    {
        lock (_lock)
            return Life.At(now, _lastKeptAwake);
    }

    /// <summary>
    /// How long after the beginning of each stay the car first fell asleep, for the stays that were long enough; <see cref="Life.SleepsAfter"/> is
    /// the least, and what is beyond it somebody's requests took.
    /// </summary>
    public IReadOnlyList<(DateTimeOffset Parked, TimeSpan Awake)> FellAsleep(DateTimeOffset until)
    {
        lock (_lock)
            return
            [
                .. Life.Episodes.OfType<Episode.Parked>()
                    .Where(stay => stay.End <= until)
                    .Select(stay => (stay, Asleep: _lastKeptAwakeByStart.GetValueOrDefault(stay.Start, stay.Start) + Life.SleepsAfter))
                    .Where(entry => entry.Asleep < entry.stay.End - Life.Approach)
                    .Select(entry => (entry.stay.Start, entry.Asleep - entry.stay.Start)),
            ];
    }

    /// <summary>Notes a request and answers with the car as it is; a <c>vehicle_data</c> request that reaches an awake car keeps it awake.</summary>
    internal Moment Ask(RequestKind kind, DateTimeOffset now)
    {
        lock (_lock)
        {
            var moment = Life.At(now, _lastKeptAwake);
            var key = (kind, moment.Doing, moment.Reach);
            _requests[key] = _requests.GetValueOrDefault(key) + 1;
            if (kind == RequestKind.VehicleData && moment.IsOnline && now > _lastKeptAwake)
            {
                _lastKeptAwake = now;
                // What comes after the first sleep, when somebody opens the door for example, has not kept it from sleeping.
                var start = Life.EpisodeAt(now).Start;
                if (now - _lastKeptAwakeByStart.GetValueOrDefault(start, start) < Life.SleepsAfter)
                    _lastKeptAwakeByStart[start] = now;
                if (moment.SubsystemCheck)
                    DisturbedChecks++;
            }

            return moment;
        }
    }
}
