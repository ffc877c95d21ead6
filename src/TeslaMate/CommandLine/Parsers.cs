using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace TeslaMate.CommandLine;

/// <summary>
/// How values that are no text are read on the command line. A mistake is told in words: the library's own message names a type of .NET, and a
/// validator that asks for such a value ends the program by an exception.
/// </summary>
static class Parsers
{
    public const string WholeNumber = "a whole number";

    /// <summary>Reads a number.</summary>
    /// <param name="what">What is expected, with its article.</param>
    /// <param name="fits">Which numbers are meant; all when left out.</param>
    public static Func<ArgumentResult, T> Number<T>(string what, string example, Func<T, bool>? fits = null)
        where T : struct, INumber<T>
        => result => result.Tokens is [var token] ? Read(result, token, what, example, fits) ?? default : default;

    /// <summary>Reads a number that may be left out.</summary>
    /// <inheritdoc cref="Number"/>
    public static Func<ArgumentResult, T?> NumberOrNone<T>(string what, string example, Func<T, bool>? fits = null)
        where T : struct, INumber<T>
        => result => result.Tokens is [var token] ? Read(result, token, what, example, fits) : null;

    /// <summary>Reads whole numbers.</summary>
    public static Func<ArgumentResult, int[]> WholeNumbers(string example)
        => result => [.. result.Tokens.Select(token => Read<int>(result, token, WholeNumber, example, fits: null) ?? 0)];

    /// <summary>Reads the name of a case.</summary>
    public static Func<ArgumentResult, T> Choice<T>()
        where T : struct, Enum
        => result =>
        {
            if (result.Tokens is not [var token])
                return default;
            foreach (var value in Enum.GetValues<T>())
                if (string.Equals(value.ToString(), token.Value, StringComparison.OrdinalIgnoreCase))
                    return value;
            result.AddError($"\"{token.Value}\" is none of: {string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()))}");
            return default;
        };

    static T? Read<T>(ArgumentResult result, Token token, string what, string example, Func<T, bool>? fits)
        where T : struct, INumber<T>
    {
        var styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (T.TryParse(token.Value, styles, CultureInfo.InvariantCulture, out var value) && fits?.Invoke(value) is not false)
            return value;
        result.AddError($"\"{token.Value}\" is not {what}. Example: {example}");
        return null;
    }
}
