using System.Text;

namespace TeslaMate.Systemd.Journal;

static class JournalFieldName
{
    // Fields with a meaning of their own in the journal; a property of the same name must not pass for one.
    static readonly string[] Reserved = ["MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "MESSAGE_ID", "ERRNO", "TID", "DOCUMENTATION", "EXCEPTION"];

    /// <summary>
    /// The journal's spelling of a property: <c>CarId</c> becomes <c>CAR_ID</c>. Always valid: 1 to 64 of <c>A-Z 0-9 _</c>, a letter first.
    /// </summary>
    public static string From(string property)
    {
        var name = new StringBuilder(property.Length + 8);
        for (var i = 0; i < property.Length && name.Length < 64; i++)
        {
            var letter = property[i];
            if (!char.IsAsciiLetterOrDigit(letter))
            {
                Separate(name);
                continue;
            }

            if (char.IsAsciiLetterUpper(letter) && i > 0
                && (char.IsAsciiLetterLower(property[i - 1]) || char.IsAsciiDigit(property[i - 1])
                    || (char.IsAsciiLetterUpper(property[i - 1]) && i + 1 < property.Length && char.IsAsciiLetterLower(property[i + 1]))))
                Separate(name);
            name.Append(char.ToUpperInvariant(letter));
        }

        var text = name.ToString().Trim('_');
        if (text.Length == 0 || char.IsAsciiDigit(text[0]) || Reserved.Contains(text, StringComparer.Ordinal))
            text = "FIELD_" + text;
        return (text.Length > 64 ? text[..64] : text).TrimEnd('_');
    }

    static void Separate(StringBuilder name)
    {
        if (name.Length > 0 && name[^1] != '_')
            name.Append('_');
    }
}
