using System.Globalization;

namespace TeslaMate.Web.Forms;

/// <summary>Numbers that people type. The keyboard of a phone may have a comma and no point.</summary>
static class Decimals
{
    const NumberStyles Style =
        NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    /// <summary>
    /// The number with a point or a comma before its decimals; null for everything else, also for one with both or with thousands set apart.
    /// </summary>
    public static decimal? Parse(string text)
    {
        var isComma = text.Count(letter => letter == ',') == 1 && !text.Contains('.', StringComparison.Ordinal);
        return decimal.TryParse(isComma ? text.Replace(',', '.') : text, Style, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
