using System.Globalization;

namespace TeslaMate.Measures;

/// <summary>Local days as instants, as <c>teslamate.utc_time</c> has them (M2; spec charts 5.1).</summary>
public static class LocalCalendar
{
    /// <summary>The day in a zone at an instant.</summary>
    public static DateOnly DayOf(DateTimeOffset instant, TimeZoneInfo zone)
        => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime);

    /// <summary>The first instant of a local day, UTC: of a midnight that comes twice the earlier, for one that is left out the next there
    /// is.</summary>
    public static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(midnight))
            midnight = midnight.AddMinutes(15);
        var offset = zone.IsAmbiguousTime(midnight) ? zone.GetAmbiguousTimeOffsets(midnight).Max() : zone.GetUtcOffset(midnight);
        return new DateTimeOffset(midnight, offset).ToUniversalTime();
    }

    /// <summary>A period by its first day, as <c>teslamate.periods</c> writes it: <c>2026-05-04</c>, <c>2026-W19</c>, <c>2026-05</c>, <c>2026-Q2</c>,
    /// <c>2026</c>.</summary>
    public static string Label(DateOnly first, Period period) => period switch
    {
        Period.Week => string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(first)}-W{ISOWeek.GetWeekOfYear(first):00}"),
        Period.Month => first.ToString("yyyy-MM", CultureInfo.InvariantCulture),
        Period.Quarter => string.Create(CultureInfo.InvariantCulture, $"{first.Year}-Q{(first.Month + 2) / 3}"),
        Period.Year => first.ToString("yyyy", CultureInfo.InvariantCulture),
        _ => first.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    };

    /// <summary>The zone with an IANA name that both this program and the database know by it; null for every other text.</summary>
    public static TimeZoneInfo? FindZone(string? name)
        => name is { Length: > 0 and < 64 } && !name.Contains("..", StringComparison.Ordinal)
            && !name.StartsWith("posix", StringComparison.Ordinal) && !name.StartsWith("right/", StringComparison.Ordinal)
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId
            ? zone : null;
}
