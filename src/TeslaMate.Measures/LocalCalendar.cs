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

    /// <summary>The zone with an IANA name that both this program and the database know by it; null for every other text.</summary>
    public static TimeZoneInfo? FindZone(string? name)
        => name is { Length: > 0 and < 64 } && !name.Contains("..", StringComparison.Ordinal)
            && !name.StartsWith("posix", StringComparison.Ordinal) && !name.StartsWith("right/", StringComparison.Ordinal)
            && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId
            ? zone : null;
}
