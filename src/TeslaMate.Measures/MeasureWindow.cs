namespace TeslaMate.Measures;

/// <summary>What a question is about: one car, a stretch of time, and the calendar that it is divided by (M1, M2; spec charts 5.1).</summary>
/// <param name="Car"><c>cars.id</c>.</param>
/// <param name="Since">The first instant; null: no limit.</param>
/// <param name="Until">The first instant after it; null: no limit. Drives, charges and updates belong to a window by their start.</param>
/// <param name="Zone">A zone with an IANA name.</param>
/// <param name="Now">The program's clock: what is still going on lasts until then.</param>
public sealed record MeasureWindow(int Car, DateTimeOffset? Since, DateTimeOffset? Until, TimeZoneInfo Zone, Period Period, DateTimeOffset Now)
{
    /// <summary>The exact time from one end to the other; null where one is open.</summary>
    public TimeSpan? Length => Until - Since;

    /// <summary>Today in <see cref="Zone"/>.</summary>
    public DateOnly Today => LocalCalendar.DayOf(Now, Zone);
}
