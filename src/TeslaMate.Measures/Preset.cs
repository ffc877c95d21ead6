namespace TeslaMate.Measures;

/// <summary>Windows with a name. Those that are not over end now.</summary>
public enum Preset
{
    Today,

    /// <summary>Today and the six days before.</summary>
    Days7,

    /// <summary>Today and the 29 days before.</summary>
    Days30,

    Month,
    LastMonth,
    Year,
    LastYear,

    /// <summary>Since the first row of the log.</summary>
    All,
}

/// <summary>How presets are written in addresses, and which time they mean.</summary>
public static class Presets
{
    static readonly (Preset Preset, string Name)[] Names =
    [
        (Preset.Today, "today"), (Preset.Days7, "7d"), (Preset.Days30, "30d"), (Preset.Month, "month"), (Preset.LastMonth, "last-month"),
        (Preset.Year, "year"), (Preset.LastYear, "last-year"), (Preset.All, "all"),
    ];

    /// <summary>All names, in the order in which they are offered.</summary>
    public static IEnumerable<string> AllNames => Names.Select(known => known.Name);

    /// <summary>The word for a preset in an address, as <c>7d</c> or <c>last-month</c>.</summary>
    public static string NameOf(Preset preset) => Names.First(known => known.Preset == preset).Name;

    /// <summary>The preset of a name; null for another word.</summary>
    public static Preset? Find(string name)
        => Names.Where(known => known.Name == name).Select(known => (Preset?)known.Preset).FirstOrDefault();

    /// <summary>The time that a preset means now: null ends are open. It is never empty, not even at midnight.</summary>
    public static (DateTimeOffset? Since, DateTimeOffset? Until) Span(Preset preset, DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = LocalCalendar.DayOf(now, zone);
        var month = new DateOnly(today.Year, today.Month, 1);
        var year = new DateOnly(today.Year, 1, 1);
        return preset switch
        {
            Preset.Today => Since(today),
            Preset.Days7 => Since(today.AddDays(-6)),
            Preset.Days30 => Since(today.AddDays(-29)),
            Preset.Month => Since(month),
            Preset.LastMonth => (At(month.AddMonths(-1)), At(month)),
            Preset.Year => Since(year),
            Preset.LastYear => (At(year.AddYears(-1)), At(year)),
            Preset.All => (null, now),
            _ => throw new ArgumentOutOfRangeException(nameof(preset)),
        };

        (DateTimeOffset, DateTimeOffset) Since(DateOnly day) => (At(day), now > At(day) ? now : At(day).AddSeconds(1));

        DateTimeOffset At(DateOnly day) => LocalCalendar.Begin(day, zone);
    }
}
