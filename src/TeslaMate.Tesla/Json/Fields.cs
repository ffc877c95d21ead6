using System.Text.Json;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Tesla.Json;

/// <summary>
/// A JSON object that is asked for fields by name and kind. Nothing in it can make a question fail: what has the wrong type or cannot be is null and
/// reported to <paramref name="oddities"/>; missing and null are null without a word.
/// </summary>
/// <param name="element">A JSON object.</param>
/// <param name="section">Its name in reports.</param>
readonly struct Fields(JsonElement element, string section, Oddities oddities)
{
    /// <summary>Longer texts are no names, versions or words of a vocabulary; the columns they go to hold 255 characters.</summary>
    public const int LongestText = 255;

    // Tesla's first car of this kind was built in 2012; a date after 2100 is a broken clock.
    static readonly DateTimeOffset Earliest = new(2010, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The whole number; a fraction is rounded, halves away from zero.</summary>
    public int? Whole(string name, int least, int most)
        => Number(name, least - 0.5, most + 0.5) is { } number
            ? (int)Math.Clamp(Math.Round(number, MidpointRounding.AwayFromZero), least, most)
            : null;

    public double? Number(string name, double least, double most)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            return Odd<double>(name, "it is no number");
        if (!value.TryGetDouble(out var number) || !double.IsFinite(number) || number < least || number > most)
            return Odd<double>(name, "the number is out of range");
        return number;
    }

    /// <summary>The number and the form in which it was written.</summary>
    public ApiNumber? AsWritten(string name, double least, double most)
        => Number(name, least, most) is { } number
            ? new ApiNumber(number, IsWhole: element.GetProperty(name).GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0)
            : null;

    /// <summary>An identity: above 0, exact.</summary>
    public long? Identity(string name)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Number)
            return Odd<long>(name, "it is no number");
        if (value.TryGetInt64(out var number) && number > 0)
            return number;
        // 2^53: beyond it a number with a fraction part is not exact.
        return value.TryGetDouble(out var real) && real is > 0 and < 9_007_199_254_740_992 && Math.Floor(real) == real
            ? (long)real
            : Odd<long>(name, "the number is out of range");
    }

    public bool? Flag(string name)
        => Value(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            _ => Odd<bool>(name, "it is neither true nor false"),
        };

    public string? Text(string name)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return Odd(name, "it is no text");
        try
        {
            var text = value.GetString()!;
            if (text.Length > LongestText)
                return Odd(name, "the text is too long");
            // PostgreSQL cannot store it.
            return text.Contains('\0', StringComparison.Ordinal) ? Odd(name, "the text contains a null character") : text;
        }
        catch (InvalidOperationException)
        {
            return Odd(name, "the text is not Unicode");
        }
    }

    public DateTimeOffset? Milliseconds(string name)
        => Number(name, Earliest.ToUnixTimeMilliseconds(), Latest.ToUnixTimeMilliseconds()) is { } number
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)number)
            : null;

    public DateTimeOffset? Seconds(string name)
        => Number(name, Earliest.ToUnixTimeSeconds(), Latest.ToUnixTimeSeconds()) is { } number
            ? DateTimeOffset.FromUnixTimeSeconds((long)number)
            : null;

    /// <summary>The object inside; an empty one is there, a missing one or another type is not.</summary>
    public Fields? Section(string name)
    {
        if (Value(name) is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Object)
            return new Fields(value, name, oddities);
        oddities.Report(section, name, "it is no object");
        return null;
    }

    public bool Has(string name) => element.TryGetProperty(name, out _);

    public void Report(string name, string problem) => oddities.Report(section, name, problem);

    JsonElement? Value(string name)
        => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    T? Odd<T>(string name, string problem)
        where T : struct
    {
        oddities.Report(section, name, problem);
        return null;
    }

    string? Odd(string name, string problem)
    {
        oddities.Report(section, name, problem);
        return null;
    }
}
