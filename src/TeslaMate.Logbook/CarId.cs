using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TeslaMate.Logbook;

/// <summary>A row of <c>cars</c>: the number that pages, topics and tables know a car by.</summary>
public readonly record struct CarId(short Value) : IParsable<CarId>
{
    public static CarId Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var id) ? id : throw new FormatException($"\"{s}\" is not a car's number.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out CarId result)
    {
        var isNumber = short.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        result = new CarId(value);
        return isNumber;
    }

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
