using System.Globalization;
using System.Text;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Mqtt.Values;

/// <summary>Values as the texts of their topics (spec mqtt 5), independent of the machine's culture.</summary>
static class Payload
{
    public static string? Of(string? value) => value;

    public static string? Of(bool? value) => value switch { true => "true", false => "false", null => null };

    public static string? Of(int? value) => value?.ToString(CultureInfo.InvariantCulture);

    /// <summary>A whole number as one, if the car writes it so.</summary>
    public static string? AsWritten(ApiNumber? value)
        => value is { IsWhole: true } whole ? ((long)whole.Value).ToString(CultureInfo.InvariantCulture) : Of((double?)value);

    /// <summary>
    /// The shortest digits that read back to the same number, always with a decimal point and never with an exponent; null for what is no number.
    /// </summary>
    public static string? Of(double? value)
    {
        if (value is not { } number || !double.IsFinite(number))
            return null;
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        var exponentAt = text.IndexOf('E', StringComparison.Ordinal);
        if (exponentAt < 0)
            return text.Contains('.') ? text : text == "-0" ? "0.0" : text + ".0";
        var exponent = int.Parse(text.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var sign = text[0] == '-' ? "-" : "";
        var mantissa = text[sign.Length..exponentAt];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var whole = (point < 0 ? digits.Length : point) + exponent;
        return whole <= 0
            ? $"{sign}0.{new string('0', -whole)}{digits}"
            : whole >= digits.Length
                ? $"{sign}{digits}{new string('0', whole - digits.Length)}.0"
                : $"{sign}{digits[..whole]}.{digits[whole..]}";
    }

    /// <summary>ISO 8601 in UTC with microseconds.</summary>
    public static string? Precise(DateTimeOffset? value)
        => value?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>ISO 8601 in UTC with whole seconds.</summary>
    public static string? Seconds(DateTimeOffset? value) => value?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static byte[] Bytes(string? payload) => payload is null ? [] : Encoding.UTF8.GetBytes(payload);
}
