namespace TeslaMate.Tesla.Http;

/// <summary>Which hosts may be told a token.</summary>
static class TeslaHosts
{
    static readonly string[] Domains = ["tesla.com", "tesla.cn", "teslamotors.com"];

    /// <summary>Whether an address is one of Tesla's, over a secure connection, or has the host that the settings name.</summary>
    public static bool IsTrusted(Uri address, string? ownHost)
    {
        var host = Name(address.IdnHost);
        return (ownHost is not null && host == Name(ownHost)) || (address.Scheme == Uri.UriSchemeHttps && address.UserInfo.Length == 0
            && Domains.Any(domain => host == domain || host.EndsWith("." + domain, StringComparison.Ordinal)));
    }

    static string Name(string host) => host.TrimEnd('.').ToLowerInvariant();
}
