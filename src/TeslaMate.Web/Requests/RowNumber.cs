using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TeslaMate.Web.Requests;

/// <summary>The number of a row in an address: text is a bad request, a number that no row can have is simply not found (spec web 1.9).</summary>
readonly record struct RowNumber(long Value) : IParsable<RowNumber>
{
    /// <summary>What to tell a program that sent something else.</summary>
    public const string Needed = "The number of a row is needed.";

    /// <summary>The number as an integer column holds it; 0, which no row has, where it does not fit.</summary>
    public int Int => Value is > 0 and <= int.MaxValue ? (int)Value : 0;

    /// <summary>The same for a smallint column.</summary>
    public short Short => Value is > 0 and <= short.MaxValue ? (short)Value : (short)0;

    public static RowNumber Parse(string s, IFormatProvider? provider)
        => TryParse(s, provider, out var number) ? number : throw new FormatException();

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out RowNumber result)
    {
        result = default;
        if (s is null || s.TrimStart('-', '+') is not { Length: > 0 } digits || s.Length - digits.Length > 1 || !digits.All(char.IsAsciiDigit))
            return false;
        result = new(long.TryParse(s, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : 0);
        return true;
    }
}
