namespace TeslaMate.Logbook.History;

/// <summary>A row of <c>states</c> as a writer of history sees it.</summary>
sealed class TimelineState
{
    /// <summary>Null when it is not in the database yet.</summary>
    public int? Id { get; init; }

    public required CarActivity Activity { get; init; }

    public required DateTimeOffset Start { get; set; }

    /// <summary>Null for the current state.</summary>
    public DateTimeOffset? End { get; set; }

    /// <summary>Written by an import, not by a live car: only such a row may be changed.</summary>
    public required bool IsImported { get; init; }

    public bool IsChanged { get; set; }

    public bool Covers(DateTimeOffset moment) => Start <= moment && !(End <= moment);
}

/// <summary>
/// All states of a car, into which those of its past are fitted. Rows of the live car stay as they are and win; among imported ones, no two of the
/// same kind follow each other, in whatever order the months came in.
/// </summary>
sealed class StateTimeline
{
    readonly List<TimelineState> _states;
    readonly List<TimelineState> _gone = [];

    public StateTimeline(IEnumerable<TimelineState> states)
    {
        _states = [.. states.OrderBy(state => state.Start)];
    }

    public IReadOnlyList<TimelineState> States => _states;

    /// <summary>Rows that merged into their neighbours.</summary>
    public IReadOnlyList<TimelineState> Gone => _gone;

    /// <summary>The imported state that goes on until a moment, if there is one: what happens next may continue it.</summary>
    public TimelineState? Before(DateTimeOffset moment)
        => _states.LastOrDefault(state => state.Start < moment) is { IsImported: true } last && !(last.End < moment) ? last : null;

    public void Add(CarActivity activity, DateTimeOffset start)
    {
        var index = _states.FindLastIndex(state => state.Start <= start);
        var isLive = _states.Exists(state => !state.IsImported && state.Covers(start));
        if (isLive)
            return;
        if (index >= 0 && _states[index] is { IsImported: true } before && before.Covers(start))
        {
            if (before.Activity == activity)
                return;
            if (before.Start == start)
            {
                Remove(index);
                index--;
            }
            else
            {
                before.End = start;
                before.IsChanged = true;
            }
        }

        var next = index + 1 < _states.Count ? _states[index + 1] : null;
        _states.Insert(index + 1, new TimelineState { Activity = activity, Start = start, End = next?.Start, IsImported = true, IsChanged = true });
    }

    /// <summary>Joins neighbours of the same kind.</summary>
    public void Join()
    {
        for (var i = _states.Count - 1; i > 0; i--)
        {
            var (state, before) = (_states[i], _states[i - 1]);
            if (!state.IsImported || !before.IsImported || state.Activity != before.Activity || before.End != state.Start)
                continue;
            before.End = state.End;
            before.IsChanged = true;
            Remove(i);
        }
    }

    void Remove(int index)
    {
        if (_states[index].Id is not null)
            _gone.Add(_states[index]);
        _states.RemoveAt(index);
    }
}
