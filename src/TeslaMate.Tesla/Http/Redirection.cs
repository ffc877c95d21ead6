namespace TeslaMate.Tesla.Http;

/// <summary>A request as far as redirects change it.</summary>
/// <param name="Headers">Names in any case; a name may occur more than once.</param>
/// <param name="HasBody">Whether the body is sent.</param>
sealed record Hop(HttpMethod Method, Uri Address, IReadOnlyList<(string Name, string Value)> Headers, bool HasBody);

/// <summary>The redirects that requests for tokens follow (spec tesla-api 3.3).</summary>
static class Redirection
{
    public const int MostHops = 3;

    const string SignInPage = "https://auth.tesla.com/void/callback";

    /// <summary>The request that an answer asks for; null when the answer is the last one.</summary>
    /// <param name="ownHost">The host that the settings name. Only it and Tesla's own are followed: the body holds a refresh token.</param>
    public static Hop? Next(Hop hop, int status, string? location, string? ownHost = null)
    {
        if (status is not (301 or 302 or 303 or 307 or 308) || string.IsNullOrEmpty(location)
            || location.StartsWith(SignInPage, StringComparison.Ordinal) || !Uri.TryCreate(hop.Address, location, out var target)
            || target.Scheme is not ("https" or "http"))
            return null;
        // What was sent over a secure connection is not repeated over another.
        if (hop.Address.Scheme == "https" && target.Scheme != "https")
            return null;
        if (!TeslaHosts.IsTrusted(target, ownHost))
            return null;
        if (status != 307)
            target = new UriBuilder(target) { Query = "", Fragment = "" }.Uri;
        var sameOrigin = target.Scheme == hop.Address.Scheme && target.Host == hop.Address.Host && target.Port == hop.Address.Port;
        return new Hop(
            status == 303 ? HttpMethod.Get : hop.Method,
            target,
            sameOrigin ? hop.Headers : [.. hop.Headers.Where(header => !IsBoundToOrigin(header.Name))],
            hop.HasBody && status != 303);
    }

    static bool IsBoundToOrigin(string name)
        => name.Equals("authorization", StringComparison.OrdinalIgnoreCase) || name.Equals("host", StringComparison.OrdinalIgnoreCase);
}
