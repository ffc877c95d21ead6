using System.Globalization;

namespace TeslaMate.Measures;

/// <summary>
/// A window as addresses carry it: <c>car</c>; <c>preset</c>, or <c>from</c> and <c>to</c>; <c>time_zone</c> and <c>period</c>. <c>from</c> and
/// <c>to</c> are days (both belong to the window) or instants with an offset (<c>to</c> is the first after it). Either a window to ask about, or all
/// that is wrong.
/// </summary>
public abstract record WindowQuery
{
    WindowQuery() { }

    /// <param name="Preset">Null for a window of its own.</param>
    /// <param name="IsPeriodGiven">The period was asked for, not chosen by the length of the window.</param>
    public sealed record Valid(MeasureWindow Window, Preset? Preset, bool IsPeriodGiven) : WindowQuery;

    /// <param name="Problems">Sentences in English, one a parameter, each with what would be right.</param>
    public sealed record Invalid(IReadOnlyList<string> Problems) : WindowQuery;

    /// <summary>Reads a query.</summary>
    /// <param name="query">The value of a parameter; null or empty when it is not there.</param>
    /// <param name="fallback">What counts where the query says nothing.</param>
    public static WindowQuery Parse(Func<string, string?> query, Fallback fallback, DateTimeOffset now)
    {
        var problems = new List<string>();
        var car = fallback.Car;
        if (Value("car") is { } carText
            && !(int.TryParse(carText, NumberStyles.None, CultureInfo.InvariantCulture, out car) && car is > 0 and <= short.MaxValue))
            problems.Add($"car is \"{Shown(carText)}\", which is not the number of a car. Example: car=1");
        var zone = fallback.Zone;
        if (Value("time_zone") is { } zoneText)
        {
            zone = LocalCalendar.FindZone(zoneText) ?? fallback.Zone;
            if (LocalCalendar.FindZone(zoneText) is null)
                problems.Add($"time_zone is \"{Shown(zoneText)}\", which is not a time zone. Example: time_zone=Europe/Berlin");
        }

        Period? period = null;
        if (Value("period") is { } periodText)
        {
            if (Enum.GetValues<Period>().Where(known => Name(known) == periodText).ToArray() is [var found])
                period = found;
            else
                problems.Add($"period is \"{Shown(periodText)}\", which is none of {string.Join(", ", Enum.GetValues<Period>().Select(Name))}.");
        }

        Preset? preset = null;
        if (Value("preset") is { } presetText)
        {
            preset = Presets.Find(presetText);
            if (preset is null)
                problems.Add($"preset is \"{Shown(presetText)}\", which is none of {string.Join(", ", Presets.AllNames)}.");
            if (Value("from") is not null || Value("to") is not null)
                problems.Add("preset says the window, and so do from and to: leave out one of them.");
        }
        else if (Value("from") is null && Value("to") is null)
            preset = fallback.Preset;

        var (since, until) = preset is { } named ? Presets.Span(named, now, zone) : (Instant("from", isEnd: false), Instant("to", isEnd: true));
        if (since >= until)
            problems.Add("from is not before to: the window is empty. Exchange them.");
        return problems.Count > 0
            ? new Invalid(problems)
            : new Valid(new MeasureWindow(car, since, until, zone, period ?? Fitting(until - since), now), preset, period is not null);

        string? Value(string name) => query(name) is { Length: > 0 } text ? text : null;

        DateTimeOffset? Instant(string name, bool isEnd)
        {
            if (Value(name) is not { } text)
                return null;
            if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                && day.Year is >= 2000 and < 9000)
                return LocalCalendar.Begin(isEnd ? day.AddDays(1) : day, zone);
            if (DateTimeOffset.TryParseExact(text, InstantFormats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant)
                && instant.UtcDateTime.Year is >= 2000 and < 9000)
                return instant.ToUniversalTime();
            problems.Add($"{name} is \"{Shown(text)}\", which is neither a day nor an instant. "
                + $"Examples: {name}=2026-05-01, {name}=2026-05-01T08:00:00Z");
            return null;
        }
    }

    /// <summary>The parameters that make the same window again, without those that are null.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Write(Valid valid, bool withPeriod = true)
    {
        var window = valid.Window;
        yield return new("car", window.Car.ToString(CultureInfo.InvariantCulture));
        if (valid.Preset is { } preset)
            yield return new("preset", Presets.NameOf(preset));
        else
        {
            if (window.Since is { } since)
                yield return new("from", Bound(since, window.Zone, isEnd: false));
            if (window.Until is { } until)
                yield return new("to", Bound(until, window.Zone, isEnd: true));
        }

        yield return new("time_zone", window.Zone.Id);
        if (withPeriod && valid.IsPeriodGiven)
            yield return new("period", Name(window.Period));
    }

    /// <summary>An end of a window as a day where it is a local midnight, else as an instant.</summary>
    public static string Bound(DateTimeOffset instant, TimeZoneInfo zone, bool isEnd)
    {
        var day = LocalCalendar.DayOf(instant, zone);
        return LocalCalendar.Begin(day, zone) == instant
            ? (isEnd ? day.AddDays(-1) : day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>The word for a period in an address.</summary>
    public static string Name(Period period) => period.ToString().ToLowerInvariant();

    /// <summary>What counts where a query says nothing.</summary>
    /// <param name="Zone">Of the browser, when it told it otherwise.</param>
    public sealed record Fallback(int Car, Preset Preset, TimeZoneInfo Zone);

    static readonly string[] InstantFormats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    // As many bars as a phone can show.
    static Period Fitting(TimeSpan? length) => length?.TotalDays switch
    {
        <= 45 => Period.Day,
        <= 190 => Period.Week,
        _ => Period.Month,
    };

    // What is repeated in a message is short.
    static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
