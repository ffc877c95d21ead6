namespace TeslaMate.Simulator.Roads;

/// <summary>One drive along a road, second by second: how far, how fast, and what it took from the battery.</summary>
/// <remarks>The same road and seed give the same trip.</remarks>
public sealed class Trip
{
    const double Grid = 10;
    const double Acceleration = 1.6;
    const double Braking = 1.9;
    const double StandingStill = 4;
    const double AirAndTyresMass = 1900;
    const double AuxiliaryKw = 0.7;

    readonly float[] _metres;
    readonly float[] _speed;
    readonly float[] _powerKw;
    readonly float[] _kwh;

    Trip(Road road, float[] metres, float[] speed, float[] powerKw, float[] kwh)
        => (Road, _metres, _speed, _powerKw, _kwh) = (road, metres, speed, powerKw, kwh);

    public Road Road { get; }

    public TimeSpan Duration => TimeSpan.FromSeconds(_metres.Length - 1);

    /// <summary>What the whole trip takes from the battery.</summary>
    public double EnergyKwh => _kwh[^1];

    public double Metres => _metres[^1];

    public static Trip Along(Road road, int seed)
    {
        var random = new Random(seed);
        var cells = Math.Max(2, (int)(road.LengthMetres / Grid));
        var step = road.LengthMetres / cells;
        var allowed = new double[cells + 1];
        var eagerness = 0.92 + 0.12 * random.NextDouble();
        for (var i = 0; i <= cells; i++)
            allowed[i] = road.At(i * step).LimitKmh / 3.6 * eagerness;
        foreach (var (metres, degrees) in road.Turns())
            Limit(allowed, (int)(metres / step), degrees switch { > 60 => 6, > 30 => 10, > 15 => 16, _ => 60 });
        var waits = RedLights(road, random, cells, step);
        foreach (var cell in waits.Keys)
            allowed[cell] = 0;
        allowed[0] = allowed[cells] = 0;
        for (var i = 1; i <= cells; i++)
            allowed[i] = Math.Min(allowed[i], Math.Sqrt(allowed[i - 1] * allowed[i - 1] + 2 * Acceleration * step));
        for (var i = cells - 1; i >= 0; i--)
            allowed[i] = Math.Min(allowed[i], Math.Sqrt(allowed[i + 1] * allowed[i + 1] + 2 * Braking * step));
        return Sample(road, allowed, waits, cells, step);
    }

    /// <summary>What the car does <paramref name="elapsed"/> after the start; before and after the trip it stands.</summary>
    public (double Metres, double MetresPerSecond, double PowerKw, double Kwh) At(TimeSpan elapsed)
    {
        var seconds = Math.Clamp(elapsed.TotalSeconds, 0, _metres.Length - 1);
        var i = Math.Min((int)seconds, _metres.Length - 2);
        var share = seconds - i;
        return (Between(_metres, i, share), Between(_speed, i, share), Between(_powerKw, i, share), Between(_kwh, i, share));
    }

    static void Limit(double[] allowed, int cell, double most)
    {
        for (var i = Math.Max(0, cell - 1); i <= Math.Min(allowed.Length - 1, cell + 1); i++)
            allowed[i] = Math.Min(allowed[i], most);
    }

    // In town every few hundred metres a light may be red; on a motorway there is none.
    static SortedDictionary<int, double> RedLights(Road road, Random random, int cells, double step)
    {
        var waits = new SortedDictionary<int, double>();
        for (var metres = 300.0; metres < road.LengthMetres - 200; metres += 350 + 250 * random.NextDouble())
            if (road.At(metres).LimitKmh <= 60 && random.NextDouble() < 0.3)
                waits[Math.Clamp((int)(metres / step), 1, cells - 1)] = 8 + 32 * random.NextDouble();
        return waits;
    }

    static Trip Sample(Road road, double[] speeds, SortedDictionary<int, double> waits, int cells, double step)
    {
        List<float> metres = [0], speed = [0];
        var clock = StandingStill;
        for (var second = 1; second < StandingStill; second++)
            Add(0, 0);
        for (var i = 0; i < cells; i++)
        {
            if (waits.TryGetValue(i, out var wait))
                clock = StandUntil(clock + wait, i * step);
            var seconds = 2 * step / Math.Max(0.2, speeds[i] + speeds[i + 1]);
            for (var next = metres.Count; next < clock + seconds; next++)
            {
                var share = Math.Clamp((next - clock) / seconds, 0, 1);
                Add((i + share) * step, speeds[i] + (speeds[i + 1] - speeds[i]) * share);
            }

            clock += seconds;
        }

        StandUntil(clock + StandingStill, road.LengthMetres);
        return WithEnergy(road, [.. metres], [.. speed]);

        void Add(double distance, double v)
        {
            metres.Add((float)distance);
            speed.Add((float)v);
        }

        double StandUntil(double end, double distance)
        {
            while (metres.Count < end)
                Add(distance, 0);
            return end;
        }
    }

    static Trip WithEnergy(Road road, float[] metres, float[] speed)
    {
        var power = new float[metres.Length];
        var energy = new float[metres.Length];
        var height = Terrain.ElevationAt(road.At(0).Point);
        var kwh = 0.0;
        for (var i = 1; i < metres.Length; i++)
        {
            var next = Terrain.ElevationAt(road.At(metres[i]).Point);
            var v = speed[i];
            var force = 0.0095 * AirAndTyresMass * 9.81 + 0.32 * v * v + AirAndTyresMass * (speed[i] - speed[i - 1]);
            var wheelKw = v > 0 ? (force * v + AirAndTyresMass * 9.81 * (next - height)) / 1000 : 0;
            var batteryKw = Math.Clamp(wheelKw > 0 ? wheelKw / 0.9 : wheelKw * 0.68, -65, 240) + AuxiliaryKw;
            kwh += batteryKw / 3600;
            power[i] = (float)batteryKw;
            energy[i] = (float)kwh;
            height = next;
        }

        return new Trip(road, metres, speed, power, energy);
    }

    static double Between(float[] values, int i, double share) => values[i] + (values[i + 1] - values[i]) * share;
}
