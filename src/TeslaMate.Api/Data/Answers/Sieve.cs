namespace TeslaMate.Api.Data.Answers;

/// <summary>Chooses points of a way while they come by. Of those it has not decided on, the last one is held.</summary>
abstract class Sieve
{
    /// <summary>What becomes of the point that is held, and of this one: written, or (this one) held in its place.</summary>
    public abstract (bool WriteHeld, bool WriteThis) Next(WayPoint point);

    /// <summary>Whether the point that is held at the end is written.</summary>
    public abstract bool WriteLast { get; }

    /// <summary>One point in so many seconds, and the first of each drive.</summary>
    public sealed class Every(TimeSpan step) : Sieve
    {
        WayPoint? _last;

        public override bool WriteLast => false;

        public override (bool WriteHeld, bool WriteThis) Next(WayPoint point)
        {
            if (_last is { } last && last.Drive == point.Drive && point.At - last.At < step)
                return (false, false);
            _last = point;
            return (false, true);
        }
    }

    /// <summary>Leaves out points that lie within so many metres of the line between those that stay.</summary>
    public sealed class Simplify(double metres) : Sieve
    {
        /// <summary>How many points in a row are left out at most; a car that stands makes more than one can compare.</summary>
        const int Longest = 500;

        readonly List<WayPoint> _open = [];
        WayPoint? _anchor;

        public override bool WriteLast => true;

        public override (bool WriteHeld, bool WriteThis) Next(WayPoint point)
        {
            if (_anchor is not { } anchor || anchor.Drive != point.Drive)
            {
                var hadHeld = _open.Count > 0;
                _open.Clear();
                _anchor = point;
                return (hadHeld, true);
            }

            if (_open.Count < Longest && _open.TrueForAll(left => left.MetresFrom(anchor, point) <= metres))
            {
                _open.Add(point);
                return (false, false);
            }

            _anchor = _open[^1];
            _open.Clear();
            _open.Add(point);
            return (true, false);
        }
    }
}
