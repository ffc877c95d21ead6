using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace TeslaMate.Tesla.Http;

/// <summary>
/// The two ways to Tesla (spec tesla-api 3): requests about vehicles, and those for tokens. Neither follows redirects by itself, keeps cookies, or
/// tells the other side about traces. Proxies of the environment (<c>HTTPS_PROXY</c>, <c>NO_PROXY</c>) are honoured.
/// </summary>
sealed class Transport : IDisposable
{
    const int AuthPoolSize = 50;

    /// <param name="api">Stands in for the connections to the API.</param>
    /// <param name="roots">The authorities to trust; those of the machine when there are none.</param>
    public Transport(TeslaSettings settings, X509Certificate2Collection? roots = null, HttpClient? api = null)
    {
        Api = api ?? Client(settings, settings.ApiPoolSize, SslProtocols.Tls12 | SslProtocols.Tls13, roots);
        // Access tokens that were minted over HTTP/1.1 or an older TLS are refused by the Owner API (403 "forbidden").
        Auth = Client(settings, AuthPoolSize, SslProtocols.Tls13, roots);
        Auth.DefaultRequestHeaders.TryAddWithoutValidation("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8");
        Auth.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", "en-US,de-DE;q=0.5");
    }

    public HttpClient Api { get; }

    /// <summary>Its requests must ask for HTTP/2 themselves: a client's default does not reach messages that are sent whole.</summary>
    public HttpClient Auth { get; }

    public void Dispose()
    {
        Api.Dispose();
        Auth.Dispose();
    }

    static HttpClient Client(TeslaSettings settings, int poolSize, SslProtocols protocols, X509Certificate2Collection? roots)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = poolSize,
            ConnectTimeout = settings.Limits.Connect,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate | DecompressionMethods.Brotli,
            // Tesla moves its hosts by DNS.
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            ActivityHeadersPropagator = null,
            SslOptions = new SslClientAuthenticationOptions { EnabledSslProtocols = protocols },
        };
        if (roots is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.AddRange(roots);
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", $"TeslaMate/{settings.Version}");
        return client;
    }
}
