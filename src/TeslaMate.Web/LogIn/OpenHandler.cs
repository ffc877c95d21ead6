using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// While there is no way to log in, whoever reaches the pages is their owner; from this machine only, unless <c>HTTP_BINDING_ADDRESS</c> says who
/// may come. The listener was opened at the start, perhaps for all, so each connection is judged by its other end.
/// </summary>
sealed partial class OpenHandler(WebSettings settings, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers,
    UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (settings.TrustedHeader is not null)
            return AuthenticateResult.NoResult();
        var state = await AccessState.OfAsync(Context);
        if (state.HasLogIn)
            return AuthenticateResult.NoResult();
        // Who made a token wants programs to bring it.
        if ((state.HasApiToken || settings.ApiToken is not null) && Context.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>()
            .Any(data => data.Policy is Policies.Logging or Policies.Write) == true)
            return AuthenticateResult.NoResult();
        if (!MayReach(settings, Peer.Of(Context)))
        {
            Log.Strangers(Logger, Peer.Of(Context));
            return AuthenticateResult.NoResult();
        }

        return AuthenticateResult.Success(new AuthenticationTicket(Identities.Owner(Schemes.Open, "everybody", "everybody"), Schemes.Open));
    }

    /// <summary>Whether pages without a log-in are there for this other end of a connection.</summary>
    public static bool MayReach(WebSettings settings, IPAddress? peer)
        => !settings.OpenToThisMachineOnly || peer is null || IPAddress.IsLoopback(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer);

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Task.CompletedTask;

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Task.CompletedTask;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A request from {Peer} was refused: the pages have no password, so they are served to "
            + "this machine only. "
            + "Set one with: teslamate set-password, or say with HTTP_BINDING_ADDRESS who may come")]
        public static partial void Strangers(ILogger logger, IPAddress? peer);
    }
}
