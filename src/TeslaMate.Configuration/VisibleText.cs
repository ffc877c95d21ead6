using System.Globalization;
using System.Text;

namespace TeslaMate.Configuration;

/// <summary>Text from outside, fit for a terminal and for one line of the journal.</summary>
public static class VisibleText
{
    /// <summary>A text in one line: control characters, and those that turn the direction of writing, as <c>\n</c> or <c>\u001B</c>.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.Any(IsHidden))
            return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var character in text)
        {
            _ = (character, IsHidden(character)) switch
            {
                ('\n', _) => escaped.Append("\\n"),
                ('\r', _) => escaped.Append("\\r"),
                ('\t', _) => escaped.Append("\\t"),
                (_, true) => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
                _ => escaped.Append(character),
            };
        }

        return escaped.ToString();
    }

    static bool IsHidden(char character) =>
        char.IsControl(character) || character is '\u061C' or '\u200E' or '\u200F' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>
    /// A text that may well have lines, such as SQL, on one: a blank for each line break and for whatever else would be escaped, and not more of it
    /// than <paramref name="most"/> characters and a sign that there was more.
    /// </summary>
    public static string OnOneLine(string text, int most)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = string.Concat(text.Take(most + 1).Select(character => IsHidden(character) ? ' ' : character));
        return line.Length <= most ? line : $"{line[..most]} ...";
    }
}
