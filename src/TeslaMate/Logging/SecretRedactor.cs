using System.Text.RegularExpressions;
using TeslaMate.Configuration;

namespace TeslaMate.Logging;

/// <summary>
/// Strikes secrets from everything that is logged: those of the settings wherever they appear, and whatever has the shape of a token. It is the last
/// line of defence; code that logs must not hand over secrets in the first place.
/// </summary>
sealed partial class SecretRedactor
{
    const string Struck = "***";

    // A shorter secret occurs by chance in too many lines, which would lose their meaning.
    const int ShortestSecret = 4;

    readonly string[] _known;

    public SecretRedactor(IEnumerable<Secret> secrets)
        // The longest first: a secret that contains another one must not leave its rest behind.
        => _known = [.. secrets.SelectMany(secret => Spellings(secret.Reveal())).Distinct(StringComparer.Ordinal)
            .OrderByDescending(text => text.Length)];

    /// <summary>The text without secrets.</summary>
    public string Apply(string text)
    {
        foreach (var secret in _known)
            text = text.Replace(secret, Struck, StringComparison.Ordinal);
        if (text.Contains("eyJ", StringComparison.Ordinal))
            text = JsonWebToken().Replace(text, Struck);
        if (text.Contains("bearer", StringComparison.OrdinalIgnoreCase))
            text = Bearer().Replace(text, $"$1{Struck}");
        return text;
    }

    static IEnumerable<string> Spellings(string secret)
        => secret.Length < ShortestSecret
            ? []
            : [secret, Uri.EscapeDataString(secret), Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret)),
                secret.ReplaceLineEndings(" "), VisibleText.Escape(secret)];

    [GeneratedRegex(@"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)?")]
    private static partial Regex JsonWebToken();

    [GeneratedRegex(@"(bearer )[A-Za-z0-9._~+/=-]{8,}", RegexOptions.IgnoreCase)]
    private static partial Regex Bearer();
}
