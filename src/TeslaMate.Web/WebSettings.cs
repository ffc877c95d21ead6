using System.Net;
using TeslaMate.Configuration;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web;

/// <summary>How the pages are served and who may see them (spec web 1.1). The listener's own variables belong to the host.</summary>
public sealed record WebSettings
{
    /// <summary>Tokens shorter than this are warned of; shorter than half of it, they open nothing.</summary>
    public const int LeastTokenLength = 16;

    /// <summary>A shorter <c>API_TOKEN</c> is refused.</summary>
    public const int LeastCompanionTokenLength = 32;

    /// <summary>
    /// <c>URL_PATH</c>: what a proxy strips and every generated link starts with; empty or <c>/prefix</c> without a trailing slash.
    /// </summary>
    public string UrlPath { get; init; } = "";

    /// <summary>
    /// <c>VIRTUAL_HOST</c>: the host that <c>CHECK_ORIGIN=true</c> compares with, and by which the pages may be asked for while they have no
    /// password.
    /// </summary>
    public string VirtualHost { get; init; } = "localhost";

    /// <summary><c>CHECK_ORIGIN</c>: which pages may follow the live connection.</summary>
    public OriginRule Origins { get; init; } = OriginRule.Own;

    /// <summary>
    /// <c>SECRET_KEY_BASE</c>: encrypts the keys of open forms where there is no <c>ENCRYPTION_KEY</c>. Without both, forms have to be loaded again
    /// after a restart.
    /// </summary>
    public Secret? SecretKeyBase { get; init; }

    /// <summary><c>WEB_PASSWORD</c>: takes the place of the stored password at start. Null leaves that as it is.</summary>
    public Secret? Password { get; init; }

    /// <summary>
    /// <c>WEB_API_TOKEN</c>: a bearer token for the <c>PUT</c> routes besides the stored one. They ask for a token also where this one is too short
    /// to be taken.
    /// </summary>
    public Secret? ApiToken { get; init; }

    /// <summary>Whether <see cref="ApiToken"/> is so quickly guessed that it opens nothing.</summary>
    public bool IsApiTokenRefused => ApiToken is { } token && token.Reveal().Length < LeastTokenLength / 2;

    /// <summary><c>API_TOKEN</c>: the reference's companion's bearer token, which reads, suspends and resumes.</summary>
    public Secret? CompanionToken { get; init; }

    /// <summary>Whether <c>API_TOKEN_DISABLE</c> is set, by which the companion lets everybody in; it has no effect here.</summary>
    public bool AsksForNoTokens { get; init; }

    /// <summary><c>API_TOKEN_HEADER</c>: a request header in which programs may bring a bare token; null for none.</summary>
    public string? TokenHeader { get; init; }

    /// <summary>
    /// <c>API_CORS_ORIGINS</c>: the origins whose scripts may use the interfaces for programs, such as <c>https://app.example.com</c>.
    /// </summary>
    public IReadOnlyList<string> ApiOrigins { get; init; } = [];

    /// <summary>
    /// <c>API_REQUESTS_PER_SECOND</c>: what one token, or without one one address, may ask of the interfaces for programs in the long run.
    /// </summary>
    public int ApiRequestsPerSecond { get; init; } = 50;

    /// <summary><c>API_REQUEST_BURST</c>: how much of that may come at once.</summary>
    public int ApiRequestBurst { get; init; } = 500;

    /// <summary><c>WEB_OIDC_*</c>: a provider that people log in by, besides the password or in its place; null for none.</summary>
    public OidcSettings? Oidc { get; init; }

    /// <summary><c>WEB_TRUSTED_HEADER</c>: the request header in which a proxy names the person it let in, such as <c>X-Forwarded-User</c>.</summary>
    public string? TrustedHeader { get; init; }

    /// <summary><c>WEB_TRUSTED_PROXY_SECRET</c>: what that proxy has to show in <c>X-Proxy-Secret</c>; null asks for none.</summary>
    public Secret? ProxySecret { get; init; }

    /// <summary>Whether <c>WEB_TRUSTED_PROXIES</c> is set: who may name persons was thought about.</summary>
    public bool NamesProxies { get; init; }

    /// <summary>Whether pages without a log-in are for this machine only, since nobody said who may come.</summary>
    public bool OpenToThisMachineOnly { get; init; }

    /// <summary>
    /// <c>WEB_TRUSTED_PROXIES</c>: the addresses from which that header (and <c>X-Forwarded-For</c>) is believed; unix sockets always are.
    /// </summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary><c>MAP_TILES_URL</c>, with <c>{z}</c>, <c>{x}</c>, <c>{y}</c>.</summary>
    public string TilesUrl { get; init; } = "https://tile.openstreetmap.org/{z}/{x}/{y}.png";

    /// <summary><c>MAP_ATTRIBUTION</c>: the text that the tiles' licence asks for.</summary>
    public string TilesAttribution { get; init; } = "© OpenStreetMap contributors";

    /// <summary><c>MAP_SATELLITE_URL</c>: a second layer for the geofence map; null for none.</summary>
    public string? SatelliteUrl { get; init; }

    /// <summary><c>NOMINATIM_URL</c>: where the geofence map looks places up.</summary>
    public Uri SearchUrl { get; init; } = new("https://nominatim.openstreetmap.org");

    /// <summary><c>TESLA_AUTH_HOST</c>, named on the sign-in page when a proxy's <c>TOKEN</c> is used.</summary>
    public Uri AuthHost { get; init; } = new("https://auth.tesla.com");

    /// <summary>Whether the tokens' key outlives this run; false makes every page warn.</summary>
    public bool HasEncryptionKey { get; init; } = true;

    /// <summary>Where the domains of the local network are found.</summary>
    internal string ResolverFile { get; init; } = "/etc/resolv.conf";

    /// <summary>Shown on the settings page.</summary>
    public string Version { get; init; } = typeof(WebSettings).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Whether headers of this connection are believed; null is a unix socket.</summary>
    internal bool IsTrustedProxy(IPAddress? address)
        => address is null || TrustedProxies.Any(network => network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    /// <summary>Reads the variables; whatever cannot be used becomes a problem there.</summary>
    public static WebSettings Read(Variables variables) => new()
    {
        UrlPath = Prefix(variables),
        VirtualHost = Host(variables),
        Origins = OriginRule.Read(variables),
        SecretKeyBase = variables.Secret("SECRET_KEY_BASE"),
        Password = variables.Secret("WEB_PASSWORD"),
        ApiToken = variables.Secret("WEB_API_TOKEN"),
        CompanionToken = Companion(variables),
        AsksForNoTokens = variables.Text("API_TOKEN_DISABLE") is not null,
        TokenHeader = Header(variables, "API_TOKEN_HEADER", "X-Api-Token"),
        ApiOrigins = ReadOrigins(variables),
        ApiRequestsPerSecond = variables.Whole("API_REQUESTS_PER_SECOND", fallback: 50, least: 1, most: 100_000),
        ApiRequestBurst = variables.Whole("API_REQUEST_BURST", fallback: 500, least: 1, most: 1_000_000),
        Oidc = OidcSettings.Read(variables),
        TrustedHeader = Header(variables, "WEB_TRUSTED_HEADER", "X-Forwarded-User"),
        ProxySecret = variables.Secret("WEB_TRUSTED_PROXY_SECRET"),
        NamesProxies = variables.Text("WEB_TRUSTED_PROXIES") is not null,
        TrustedProxies = Proxies(variables),
        TilesUrl = Tiles(variables, "MAP_TILES_URL") ?? "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        TilesAttribution = variables.Text("MAP_ATTRIBUTION", "© OpenStreetMap contributors"),
        SatelliteUrl = Tiles(variables, "MAP_SATELLITE_URL"),
        SearchUrl = Shown(variables.Address("NOMINATIM_URL", "https://nominatim.openstreetmap.org", "https", "http"))
            ?? new Uri("https://nominatim.openstreetmap.org"),
        AuthHost = Shown(variables.Address("TESLA_AUTH_HOST", "https://auth.tesla.com", "https", "http")) ?? new Uri("https://auth.tesla.com"),
    };

    static string Host(Variables variables)
    {
        var host = variables.Text("VIRTUAL_HOST", "localhost");
        if (host.Contains('/') || host.Any(char.IsWhiteSpace))
            variables.Problem($"VIRTUAL_HOST is \"{host}\", which is not the name of a host. Example: VIRTUAL_HOST=teslamate.example.com");
        return host;
    }

    static Secret? Companion(Variables variables)
    {
        var token = variables.Secret("API_TOKEN");
        if (token?.Reveal().Length < LeastCompanionTokenLength)
            variables.Problem($"API_TOKEN needs at least {LeastCompanionTokenLength} characters. Example: API_TOKEN_FILE=/run/secrets/api-token");
        return token;
    }

    static string? Header(Variables variables, string variable, string example)
    {
        if (variables.Text(variable) is not { } name)
            return null;
        if (name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
            return name;
        variables.Problem($"{variable} is \"{name}\", which is not the name of a header. Example: {variable}={example}");
        return null;
    }

    static List<string> ReadOrigins(Variables variables)
    {
        var origins = new List<string>();
        foreach (var text in variables.Text("API_CORS_ORIGINS", "").Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var origin)
                && origin is { Scheme: "http" or "https", Host.Length: > 0, PathAndQuery: "/", UserInfo: "" } && !text.Contains('*'))
                origins.Add(origin.GetLeftPart(UriPartial.Authority));
            else
                variables.Problem($"API_CORS_ORIGINS holds \"{text}\", which is not an origin. Example: API_CORS_ORIGINS=https://app.example.com");
        }

        return origins;
    }

    // The browser learns where to ask, but not as whom this program asks there.
    static Uri? Shown(Uri? address) => address is { UserInfo.Length: > 0 } ? new UriBuilder(address) { UserName = "", Password = "" }.Uri : address;

    static string Prefix(Variables variables)
    {
        var path = variables.Text("URL_PATH", "/").Trim('/');
        if (path.Length == 0)
            return "";
        if (path.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '~' or '/')
            && !path.Contains("//", StringComparison.Ordinal))
            return "/" + path;
        variables.Problem($"URL_PATH is \"{variables.Text("URL_PATH")}\", which is not a path. Example: URL_PATH=/teslamate");
        return "";
    }

    static List<IPNetwork> Proxies(Variables variables)
    {
        var networks = new List<IPNetwork>();
        foreach (var text in variables.Text("WEB_TRUSTED_PROXIES", "127.0.0.0/8,::1/128").Split(',',
            StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else
                variables.Problem($"WEB_TRUSTED_PROXIES holds \"{text}\", which is neither an address nor a network. Example: "
                    + "WEB_TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8");
        }

        return networks;
    }

    static string? Tiles(Variables variables, string name)
    {
        if (variables.Text(name) is not { } text)
            return null;
        var isComplete = text.Contains("{z}", StringComparison.Ordinal) && text.Contains("{x}", StringComparison.Ordinal)
            && text.Contains("{y}", StringComparison.Ordinal);
        if (isComplete && Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", Host.Length: > 0 }
            && !text.Contains(';') && !text.Contains(' '))
            return text;
        variables.Problem($"{name} is not an address with {{z}}, {{x}} and {{y}} in it. Example: "
            + $"{name}=https://tiles.example.com/{{z}}/{{x}}/{{y}}.png");
        return null;
    }
}
