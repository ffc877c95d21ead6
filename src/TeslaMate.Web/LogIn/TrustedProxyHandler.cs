using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// A trusted proxy names the person it let in (<c>WEB_TRUSTED_HEADER</c>). It is believed when it proves to be the proxy by
/// <c>WEB_TRUSTED_PROXY_SECRET</c>; where none is set, when it comes through a unix socket, or from an address that <c>WEB_TRUSTED_PROXIES</c> names.
/// </summary>
sealed class TrustedProxyHandler(WebSettings settings, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers,
    UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>The request header in which the proxy shows the secret.</summary>
    public const string SecretHeader = "X-Proxy-Secret";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (settings.TrustedHeader is not { } header || Request.Headers[header].ToString() is not { Length: > 0 } name || !IsProxy())
            return Task.FromResult(AuthenticateResult.NoResult());
        return Task.FromResult(AuthenticateResult.Success(
            new AuthenticationTicket(Identities.Owner(Schemes.Proxy, $"proxy:{name}", name), Schemes.Proxy)));
    }

    bool IsProxy()
    {
        var peer = Peer.Of(Context);
        if (!settings.IsTrustedProxy(peer))
            return false;
        return settings.ProxySecret is { } secret
            ? CryptographicOperations.FixedTimeEquals(WebAccess.Hash(secret.Reveal()), WebAccess.Hash(Request.Headers[SecretHeader].ToString()))
            : peer is null || settings.NamesProxies;
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Task.CompletedTask;

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Task.CompletedTask;
}
