namespace TeslaMate.Import.Reading;

/// <summary>Turns the clock of a wall into instants, by the rules of a time zone.</summary>
sealed class LocalClock(TimeZoneInfo zone)
{
    readonly Dictionary<DateOnly, TimeSpan?> _constant = [];

    /// <summary>The zone of a name of the tz database; null when there is none.</summary>
    public static TimeZoneInfo? FindZone(string? name)
    {
        // Names of other systems have spaces, and .NET would take them too.
        if (string.IsNullOrWhiteSpace(name) || name.Contains(' ', StringComparison.Ordinal) || name.StartsWith('/')
            || name.Contains("..", StringComparison.Ordinal))
            return null;
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;
    }

    /// <returns>The reason instead, when the clock showed this time twice or never.</returns>
    public (DateTimeOffset At, string? Problem) ToInstant(DateTime local)
    {
        var date = DateOnly.FromDateTime(local);
        if (!_constant.TryGetValue(date, out var constant))
            _constant[date] = constant = ConstantOffset(local.Date);
        if (constant is { } offset)
            return (At(local, offset), null);

        // A day with a change: an offset is right if it is the one in force at the instant that it gives.
        DateTimeOffset? found = null;
        foreach (var candidate in Candidates(local))
        {
            var at = At(local, candidate);
            if (zone.GetUtcOffset(at) != candidate || found == at)
                continue;
            if (found is not null)
                return (default, RejectionReason.AmbiguousLocalTime);
            found = at;
        }

        return found is { } known ? (known, null) : (default, RejectionReason.NonexistentLocalTime);
    }

    /// <summary>The offset of a day and its neighbours, if it is the same all the time.</summary>
    TimeSpan? ConstantOffset(DateTime day)
    {
        var first = zone.GetUtcOffset(Utc(day.AddDays(-1)));
        for (var hour = -23; hour <= 48; hour++)
        {
            if (zone.GetUtcOffset(Utc(day.AddHours(hour))) != first)
                return null;
        }

        return first;
    }

    HashSet<TimeSpan> Candidates(DateTime local)
    {
        HashSet<TimeSpan> offsets = [];
        for (var hour = -26; hour <= 26; hour++)
            offsets.Add(zone.GetUtcOffset(Utc(local.AddHours(hour))));
        return offsets;
    }

    static DateTimeOffset At(DateTime local, TimeSpan offset) => new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Utc)) - offset;

    static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
