using System.Globalization;

namespace TeslaMate.Import.TeslaFi;

/// <summary>Which files are TeslaFi's, by their names, and in which order they are read (spec import 2.1).</summary>
static class TeslaFiName
{
    const string Prefix = "TeslaFi";
    const string Extension = ".csv";

    /// <returns>Null when the name is none of TeslaFi's.</returns>
    public static (int Year, int Month)? Parse(string name)
    {
        if (!name.EndsWith(Extension, StringComparison.Ordinal))
            return null;
        var digits = name.AsSpan()[..^Extension.Length];
        var hasPrefix = digits.StartsWith(Prefix, StringComparison.Ordinal);
        if (hasPrefix)
            digits = digits[Prefix.Length..];
        return (hasPrefix, digits.Length) switch
        {
            (_, 6) => Parts(digits[..2], digits[2..]),
            (true, 5) => Parts(digits[..1], digits[1..]),
            _ => null,
        };
    }

    static (int Year, int Month)? Parts(ReadOnlySpan<char> month, ReadOnlySpan<char> year)
        => Number(month) is { } m && Number(year) is { } y ? (y, m) : null;

    static int? Number(ReadOnlySpan<char> text)
        => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
