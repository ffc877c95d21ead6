namespace TeslaMate.Import.Running;

/// <summary>Periods, both ends included, that do not overlap.</summary>
sealed class Coverage
{
    readonly List<(DateTimeOffset From, DateTimeOffset To)> _periods = [];

    public Coverage(IEnumerable<(DateTimeOffset From, DateTimeOffset To)> periods)
    {
        foreach (var (from, to) in periods.Where(period => period.From <= period.To).OrderBy(period => period.From))
        {
            if (_periods is [.., var last] && from <= last.To)
                _periods[^1] = (last.From, to > last.To ? to : last.To);
            else
                _periods.Add((from, to));
        }
    }

    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Periods => _periods;

    public bool Contains(DateTimeOffset moment) => Before(moment) is >= 0 and var index && moment <= _periods[index].To;

    /// <summary>Whether any of it lies between two moments.</summary>
    public bool IsBetween(DateTimeOffset from, DateTimeOffset to)
    {
        var index = Before(to);
        return index >= 0 && _periods[index].To > from;
    }

    public Coverage With(IEnumerable<(DateTimeOffset From, DateTimeOffset To)> more) => new([.. _periods, .. more]);

    /// <summary>What is left when other periods are taken out; their ends stay.</summary>
    public Coverage Without(IEnumerable<(DateTimeOffset From, DateTimeOffset To)> gaps)
    {
        List<(DateTimeOffset From, DateTimeOffset To)> rest = [.. _periods];
        foreach (var (from, to) in gaps)
        {
            List<(DateTimeOffset From, DateTimeOffset To)> next = [];
            foreach (var period in rest)
            {
                if (period.To <= from || period.From >= to)
                {
                    next.Add(period);
                    continue;
                }

                if (period.From < from)
                    next.Add((period.From, from));
                if (period.To > to)
                    next.Add((to, period.To));
            }

            rest = next;
        }

        return new(rest);
    }

    /// <summary>The last period that does not begin after a moment.</summary>
    int Before(DateTimeOffset moment)
    {
        var (low, high) = (0, _periods.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_periods[middle].From <= moment)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high;
    }
}

/// <summary>What lies close together, as periods: the rows that were read, before they are put down as read.</summary>
sealed class Segments
{
    static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    readonly List<(DateTimeOffset From, DateTimeOffset To)> _periods = [];

    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Periods => _periods;

    public void Add(DateTimeOffset moment)
    {
        if (_periods is [.., var last] && moment >= last.To && moment - last.To <= Longest)
            _periods[^1] = (last.From, moment);
        else
            _periods.Add((moment, moment));
    }

    public Segments Copy()
    {
        var copy = new Segments();
        copy._periods.AddRange(_periods);
        return copy;
    }

    /// <summary>Takes out what lies before a moment, or everything.</summary>
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Take(DateTimeOffset? before)
    {
        if (before is not { } end)
        {
            var all = _periods.ToList();
            _periods.Clear();
            return all;
        }

        // The schema keeps microseconds.
        var last = end.AddMicroseconds(-1);
        List<(DateTimeOffset From, DateTimeOffset To)> taken = [];
        for (var i = _periods.Count - 1; i >= 0; i--)
        {
            var (from, to) = _periods[i];
            if (from > last)
                continue;
            taken.Insert(0, (from, to < last ? to : last));
            if (to > last)
                _periods[i] = (end, to);
            else
                _periods.RemoveAt(i);
        }

        return taken;
    }
}
