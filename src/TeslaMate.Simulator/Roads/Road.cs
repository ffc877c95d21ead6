namespace TeslaMate.Simulator.Roads;

/// <summary>A corner of a road and the speed allowed on the way to the next one.</summary>
public readonly record struct Corner(GeoPoint Point, double LimitKmh);

/// <summary>A way from one place to another: straight pieces between corners.</summary>
public sealed class Road
{
    readonly Corner[] _corners;
    readonly double[] _metres;

    /// <param name="from">What is at its beginning.</param>
    /// <param name="to">What is at its end.</param>
    /// <param name="corners">At least two.</param>
    public Road(Place from, Place to, params ReadOnlySpan<Corner> corners)
    {
        if (corners.Length < 2)
            throw new ArgumentException("A road has a beginning and an end.", nameof(corners));
        From = from;
        To = to;
        _corners = corners.ToArray();
        _metres = new double[_corners.Length];
        for (var i = 1; i < _corners.Length; i++)
            _metres[i] = _metres[i - 1] + _corners[i - 1].Point.MetresTo(_corners[i].Point);
    }

    public Place From { get; }

    public Place To { get; }

    public double LengthMetres => _metres[^1];

    internal IReadOnlyList<Corner> Corners => _corners;

    /// <summary>The same way in the other direction.</summary>
    public Road Reversed()
    {
        var corners = new Corner[_corners.Length];
        for (var i = 0; i < corners.Length; i++)
            corners[i] = new Corner(_corners[^(i + 1)].Point, _corners[Math.Max(0, _corners.Length - 2 - i)].LimitKmh);
        return new Road(To, From, corners);
    }

    /// <summary>Where one is after <paramref name="metres"/>, which way one looks there, and the limit there.</summary>
    public (GeoPoint Point, double Heading, double LimitKmh) At(double metres)
    {
        var leg = LegAt(metres);
        var (from, to) = (_corners[leg].Point, _corners[leg + 1].Point);
        var length = _metres[leg + 1] - _metres[leg];
        var share = length > 0 ? Math.Clamp((metres - _metres[leg]) / length, 0, 1) : 0;
        return (from.Towards(to, share), from.HeadingTo(to), _corners[leg].LimitKmh);
    }

    /// <summary>How far from the beginning each inner corner is, in metres, and by how many degrees the road turns there.</summary>
    internal IEnumerable<(double Metres, double Degrees)> Turns()
    {
        for (var i = 1; i < _corners.Length - 1; i++)
        {
            var before = _corners[i - 1].Point.HeadingTo(_corners[i].Point);
            var after = _corners[i].Point.HeadingTo(_corners[i + 1].Point);
            var turn = Math.Abs(after - before);
            yield return (_metres[i], Math.Min(turn, 360 - turn));
        }
    }

    int LegAt(double metres)
    {
        var index = Array.BinarySearch(_metres, metres);
        if (index < 0)
            index = ~index - 1;
        return Math.Clamp(index, 0, _corners.Length - 2);
    }
}
