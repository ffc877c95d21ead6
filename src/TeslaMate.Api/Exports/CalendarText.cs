using System.Globalization;
using System.Text;

namespace TeslaMate.Api.Exports;

/// <summary>The lines of an iCalendar file (RFC 5545): CRLF, folded at 75 octets, texts escaped.</summary>
sealed class CalendarText
{
    const int LongestLine = 75;

    readonly StringBuilder _text = new();

    public void Line(string name, string value)
    {
        var octets = 0;
        foreach (var rune in $"{name}:{value}".EnumerateRunes())
        {
            // Never in the middle of a character; the blank that begins a continued line counts.
            if (octets + rune.Utf8SequenceLength > LongestLine)
            {
                _text.Append("\r\n ");
                octets = 1;
            }

            _text.Append(rune.ToString());
            octets += rune.Utf8SequenceLength;
        }

        _text.Append("\r\n");
    }

    public void TextLine(string name, string text) => Line(name, text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace(";", "\\;", StringComparison.Ordinal).Replace(",", "\\,", StringComparison.Ordinal)
        .Replace("\r\n", "\\n", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace("\r", "\\n", StringComparison.Ordinal));

    public void Instant(string name, DateTimeOffset instant)
        => Line(name, instant.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture));

    public byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());
}
