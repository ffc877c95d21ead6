namespace TeslaMate.Logbook.Settings;

/// <summary>
/// The rule for addresses of pages (spec logbook 13.1): trimmed, without trailing slashes, http or https with a host; nothing is null.
/// </summary>
public static class PageAddress
{
    const int Longest = 255;

    /// <returns>The address as it is stored, or the problem in the words of the form.</returns>
    public static (string? Address, string? Problem) Read(string? entered)
    {
        var url = entered?.Trim().TrimEnd('/').Trim();
        if (string.IsNullOrEmpty(url))
            return (null, null);
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        var scheme = colon > 0 && url[..colon].All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.') && char.IsAsciiLetter(url[0])
            ? url[..colon] : null;
        var problem = scheme is null ? "is missing a scheme (e.g. https)"
            : !scheme.Equals("http", StringComparison.OrdinalIgnoreCase) && !scheme.Equals("https", StringComparison.OrdinalIgnoreCase)
                ? "invalid scheme"
            : !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Host.Length == 0 || url.Any(c => c <= ' ') ? "is missing a host"
            : url.Length > Longest ? "should be at most 255 character(s)"
            : null;
        return problem is null ? (url, null) : (null, problem);
    }
}
