using TeslaMate.Configuration;

namespace TeslaMate.Tesla;

/// <summary>How Tesla is reached (spec tesla-api 1). Hosts are without a trailing slash; null means that the region of the token decides.</summary>
public sealed record TeslaSettings
{
    /// <summary><c>TESLA_API_HOST</c>: overrides the hosts of both regions.</summary>
    public Uri? ApiHost { get; init; }

    /// <summary>
    /// Whether requests cost money: those to the Fleet API do, itself or behind a proxy; those to the hosts of the Owner API do not.
    /// </summary>
    public bool IsPriced => ApiHost is { } host && !host.IdnHost.StartsWith("owner-api.", StringComparison.OrdinalIgnoreCase);

    /// <summary><c>TESLA_AUTH_HOST</c>: replaces the issuer of the token for refreshes.</summary>
    public Uri? AuthHost { get; init; }

    /// <summary><c>TESLA_AUTH_PATH</c>, between host and <c>/token</c>. Null when not set, which is not the same everywhere.</summary>
    public string? AuthPath { get; init; }

    /// <summary><c>TESLA_AUTH_CLIENT_ID</c>.</summary>
    public string AuthClientId { get; init; } = "ownerapi";

    /// <summary><c>TOKEN</c>: bearer of a Fleet API proxy, sent instead of the account's access token. Trimmed, without the legacy prefix.</summary>
    public Secret? FleetToken { get; init; }

    /// <summary><c>TESLA_WSS_HOST</c>.</summary>
    public Uri? StreamHost { get; init; }

    /// <summary><c>TESLA_WSS_TLS_ACCEPT_INVALID_CERTS</c>, exactly <c>true</c>.</summary>
    public bool StreamAcceptsInvalidCertificates { get; init; }

    /// <summary><c>TESLA_WSS_USE_VIN</c>: any value but <c>false</c>.</summary>
    public bool StreamUsesVin { get; init; }

    /// <summary><c>TESLA_API_POOL_SIZE</c>: connections to the API host at most.</summary>
    public int ApiPoolSize { get; init; } = 10;

    /// <summary>The version in the user agent.</summary>
    public string Version { get; init; } = typeof(TeslaSettings).Assembly.GetName().Version?.ToString(3) ?? "0";

    public TeslaLimits Limits { get; init; } = new();

    /// <summary>Reads the variables; whatever cannot be used becomes a problem there.</summary>
    public static TeslaSettings Read(Variables variables) => new()
    {
        ApiHost = variables.Address("TESLA_API_HOST", "https://owner-api.teslamotors.com", "https", "http"),
        AuthHost = variables.Address("TESLA_AUTH_HOST", "https://auth.tesla.com", "https", "http"),
        AuthPath = AuthPathOf(variables.Text("TESLA_AUTH_PATH")),
        AuthClientId = variables.Text("TESLA_AUTH_CLIENT_ID", "ownerapi"),
        FleetToken = FleetTokenOf(variables.Secret("TOKEN")),
        StreamHost = variables.Address("TESLA_WSS_HOST", "wss://streaming.vn.teslamotors.com", "wss", "ws"),
        StreamAcceptsInvalidCertificates = variables.Text("TESLA_WSS_TLS_ACCEPT_INVALID_CERTS") == "true",
        StreamUsesVin = variables.Text("TESLA_WSS_USE_VIN") is { } useVin && !useVin.Equals("false", StringComparison.OrdinalIgnoreCase),
        ApiPoolSize = variables.Whole("TESLA_API_POOL_SIZE", 10, least: 1, most: 10_000),
    };

    static string? AuthPathOf(string? text) => text?.Trim('/') is { Length: > 0 } path ? "/" + path : null;

    // Proxy providers used to document the variable as a piece of a query string.
    static Secret? FleetTokenOf(Secret? secret)
    {
        if (secret?.Reveal().Trim() is not { Length: > 0 } text)
            return null;
        foreach (var prefix in new[] { "?token=", "token=" })
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
            {
                text = text[prefix.Length..].Trim();
                break;
            }
        }

        return text.Length > 0 ? new Secret(text) : null;
    }
}

/// <summary>Every duration and size that ends a wait or a download; tests shorten them.</summary>
public sealed record TeslaLimits
{
    /// <summary>Connecting, TLS included.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A vehicle request without a new byte of the answer.</summary>
    public TimeSpan ApiReceive { get; init; } = TimeSpan.FromSeconds(35);

    /// <summary>A vehicle request from beginning to end, so that a trickle cannot last for ever.</summary>
    public TimeSpan ApiTotal { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>A token request without a new byte of the answer.</summary>
    public TimeSpan AuthReceive { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A sign-in from beginning to end.</summary>
    public TimeSpan SignIn { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Completing one online car of the list.</summary>
    public TimeSpan Completion { get; init; } = TimeSpan.FromSeconds(32.5);

    /// <summary>Bytes of an answer, after decompression.</summary>
    public int AnswerBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of one message of the stream.</summary>
    public int StreamMessageBytes { get; init; } = 256 * 1024;

    public TimeSpan StreamConnect { get; init; } = TimeSpan.FromSeconds(45);
}
