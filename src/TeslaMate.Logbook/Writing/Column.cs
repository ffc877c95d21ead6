using System.Globalization;
using System.Text;

namespace TeslaMate.Logbook.Writing;

/// <summary>
/// Brings values from outside into the range of the column that takes them, so that an absurd one costs its digits and not the row. Rounding to the
/// column's scale is left to PostgreSQL.
/// </summary>
static class Column
{
    /// <summary>The year 1 is as absurd as 9999, but PostgreSQL takes both.</summary>
    public static DateTime Timestamp(DateTimeOffset instant) => Timestamps.ToColumn(instant);

    public static short? Small(int? value) => value is { } known ? (short)Math.Clamp(known, short.MinValue, short.MaxValue) : null;

    /// <summary><c>numeric(precision, scale)</c>; what is not a number becomes null.</summary>
    public static decimal? Numeric(double? value, int precision, int scale)
    {
        if (value is not { } known || double.IsNaN(known))
            return null;
        var most = Most(precision, scale);
        return known >= (double)most ? most : known <= -(double)most ? -most : (decimal)known;
    }

    /// <inheritdoc cref="Numeric(double?, int, int)"/>
    public static decimal? Numeric(decimal? value, int precision, int scale)
        => value is { } known ? Math.Clamp(known, -Most(precision, scale), Most(precision, scale)) : null;

    /// <summary><c>numeric(8,6)</c> of a latitude, within the poles.</summary>
    public static decimal Latitude(double degrees) => (decimal)Math.Clamp(degrees, -90, 90);

    /// <summary><c>numeric(9,6)</c> of a longitude.</summary>
    public static decimal Longitude(double degrees) => (decimal)Math.Clamp(degrees, -180, 180);

    /// <summary>A double that every calculation survives; what is not finite becomes null.</summary>
    public static double? Double(double? value) => value is { } known && double.IsFinite(known) ? known : null;

    /// <summary>A text without what PostgreSQL refuses (NUL, halves of surrogate pairs), cut to the column's length; blank becomes null.</summary>
    public static string? Text(string? value, int most = 255)
    {
        if (string.IsNullOrWhiteSpace(value))
            return null;
        var text = Storable(value);
        var characters = 0;
        var end = 0;
        // varchar counts code points, not UTF-16 units.
        while (end < text.Length && characters < most)
        {
            end += char.IsHighSurrogate(text[end]) ? 2 : 1;
            characters++;
        }

        return text[..end];
    }

    /// <summary>A text without what PostgreSQL refuses: NUL, and halves of surrogate pairs.</summary>
    public static string Storable(string value)
    {
        var text = value.Contains('\0', StringComparison.Ordinal) ? value.Replace("\0", "", StringComparison.Ordinal) : value;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                text = text.Remove(i, 1).Insert(i, "\uFFFD");
        }

        return text;
    }

    /// <summary>
    /// JSON without what <c>jsonb</c> refuses although JSON allows it: the escaped NUL, which is left out, and escaped halves of surrogate pairs,
    /// which become the replacement character.
    /// </summary>
    public static string StorableJson(string json)
    {
        json = Storable(json);
        if (!json.Contains("\\u", StringComparison.Ordinal))
            return json;
        var text = new StringBuilder(json.Length);
        for (var i = 0; i < json.Length;)
        {
            var length = json[i] == '\\' ? 2 : 1;
            if (Escaped(json, i) is not { } unit)
            {
                text.Append(json, i, Math.Min(length, json.Length - i));
                i += length;
            }
            else if (char.IsHighSurrogate(unit) && Escaped(json, i + 6) is { } low && char.IsLowSurrogate(low))
            {
                text.Append(json, i, 12);
                i += 12;
            }
            else
            {
                text.Append(unit == '\0' ? "" : char.IsSurrogate(unit) ? "\uFFFD" : json.AsSpan(i, 6));
                i += 6;
            }
        }

        return text.ToString();
    }

    /// <summary>The UTF-16 unit of <c>\\uXXXX</c> at a place; null when there is none. A backslash that is itself escaped begins none.</summary>
    static char? Escaped(string json, int at)
        => at + 6 <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
            && ushort.TryParse(json.AsSpan(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;

    static decimal Most(int precision, int scale)
    {
        var most = 1m;
        for (var digit = 0; digit < precision - scale; digit++)
            most *= 10;
        var step = 1m;
        for (var digit = 0; digit < scale; digit++)
            step /= 10;
        return most - step;
    }
}
