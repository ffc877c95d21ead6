using System.Text;
using System.Text.RegularExpressions;
using TeslaMate.Configuration;

namespace TeslaMate.Tesla.Http;

/// <summary>What of a request and an answer may be read in a log (spec tesla-api 3.5). Headers and bodies are not logged at all.</summary>
static partial class Redaction
{
    const int LongestDetail = 300;

    /// <summary>The address without user, password and tokens, and without the long list of endpoints.</summary>
    public static string Url(Uri address)
    {
        var text = new StringBuilder(address.GetLeftPart(UriPartial.Path));
        if (address.UserInfo.Length > 0)
            text.Replace(address.UserInfo + "@", "");
        var separator = '?';
        foreach (var pair in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = pair.Split('=', 2)[0];
            if (name == "endpoints")
                continue;
            text.Append(separator).Append(IsSecret(Uri.UnescapeDataString(name)) ? name + "=%5Bredacted%5D" : pair);
            separator = '&';
        }

        return text.ToString();
    }

    /// <summary>
    /// Words of a server that may be shown: one short line, in which known secrets, and whatever looks like a token, are struck out. A server may
    /// well repeat what it was sent.
    /// </summary>
    public static string Detail(string text, params ReadOnlySpan<Secret?> secrets)
    {
        // Cut first and generously: what is thrown away need not be searched.
        if (text.Length > 16 * LongestDetail)
            text = text[..(16 * LongestDetail)];
        foreach (var secret in secrets)
        {
            if (secret?.Reveal() is { Length: >= 4 } known)
                text = text.Replace(known, "[redacted]", StringComparison.Ordinal);
        }

        text = TokenLike().Replace(text, "[redacted]");
        text = Unprintable().Replace(text, " ").Trim();
        return text.Length > LongestDetail ? text[..LongestDetail] + "…" : text;
    }

    static bool IsSecret(string name)
        => name.Equals("token", StringComparison.OrdinalIgnoreCase) || name.Equals("access_token", StringComparison.OrdinalIgnoreCase)
            || name.Equals("refresh_token", StringComparison.OrdinalIgnoreCase);

    // JWTs, Tesla's refresh tokens (EU_…, NA_…) and bearers.
    [GeneratedRegex(@"eyJ[\w-]+(\.[\w-]+)*|\b[A-Za-z]{2}_[0-9A-Za-z_-]{24,}|\bbearer +\S{8,}",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex TokenLike();

    [GeneratedRegex(@"[\p{C}\s]+", RegexOptions.NonBacktracking)]
    private static partial Regex Unprintable();
}
