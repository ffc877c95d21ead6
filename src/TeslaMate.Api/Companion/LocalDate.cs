using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace TeslaMate.Api.Companion;

/// <summary>
/// A date as companion apps read and send it (spec api 1.3): the wall clock of a zone with its offset, without a fraction; <c>Z</c> for UTC.
/// </summary>
/// <param name="Value">In the zone.</param>
[JsonConverter(typeof(LocalDateConverter))]
readonly partial record struct LocalDate(DateTimeOffset Value)
{
    /// <summary>The date that means none.</summary>
    public static LocalDate None => new(DateTimeOffset.MinValue);

    /// <summary>An instant as the zone's clocks show it; none where it is not known.</summary>
    public static LocalDate Of(DateTimeOffset? instant, TimeZoneInfo zone)
        => instant is { } known && known != DateTimeOffset.MinValue ? new(TimeZoneInfo.ConvertTime(known, zone)) : None;

    /// <summary>
    /// The instant that a parameter means: RFC 3339, a wall clock of the zone, or a day. A clock that the zone skips moves forward by the gap, one
    /// that it shows twice means the first.
    /// </summary>
    /// <param name="text">An unescaped <c>+</c> may have become a blank.</param>
    /// <param name="zone">Of clocks without an offset.</param>
    /// <param name="isEnd">Whether a day means its end.</param>
    /// <param name="instant">UTC.</param>
    public static bool TryParse(string text, TimeZoneInfo zone, bool isEnd, out DateTimeOffset instant)
    {
        instant = default;
        var match = Pattern.Match(text);
        if (!match.Success || !DateTime.TryParseExact(
            $"{match.Groups["day"].Value}T{(match.Groups["clock"].Success ? match.Groups["clock"].Value : "00:00:00")}", "yyyy-MM-ddTHH:mm:ss",
            CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            return false;
        try
        {
            if (match.Groups["offset"] is { Success: true, Value: var offset })
                instant = new DateTimeOffset(local, TimeSpan.Zero) - OffsetOf(offset);
            else if (match.Groups["clock"].Success || !isEnd)
                instant = InZone(local, zone);
            else
                instant = InZone(local.AddDays(1), zone) - TimeSpan.FromMicroseconds(1);
            return true;
        }
        catch (ArgumentOutOfRangeException)
        {
            // Before the first or after the last day of the calendar.
            return false;
        }
    }

    static TimeSpan OffsetOf(string text)
    {
        if (text == "Z")
            return TimeSpan.Zero;
        var size = TimeSpan.ParseExact(text.AsSpan(1), "hh\\:mm", CultureInfo.InvariantCulture);
        return text[0] == '-' ? -size : size;
    }

    static DateTimeOffset InZone(DateTime local, TimeZoneInfo zone)
    {
        if (zone.IsAmbiguousTime(local))
            return new DateTimeOffset(local, TimeSpan.Zero) - zone.GetAmbiguousTimeOffsets(local).Max();
        var before = local;
        while (zone.IsInvalidTime(before))
            before = before.AddMinutes(-15);
        return new DateTimeOffset(local, TimeSpan.Zero) - zone.GetUtcOffset(before);
    }

    [GeneratedRegex(@"^(?<day>\d{4}-\d\d-\d\d)([T ](?<clock>\d\d:\d\d:\d\d)(\.\d+)?(?<offset>Z|[+\- ]([01]\d|2[0-3]):[0-5]\d)?)?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    static partial Regex Pattern { get; }
}

sealed class LocalDateConverter : JsonConverter<LocalDate>
{
    public override LocalDate Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

    public override void Write(Utf8JsonWriter writer, LocalDate value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[32];
        value.Value.TryFormat(text, out var length, value.Value.Offset == TimeSpan.Zero ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:sszzz",
            CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
