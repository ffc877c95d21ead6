using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Log-in by an OpenID Connect provider, as <see cref="OidcSettings"/> say: the code flow with PKCE, whose end is a session like that of a password.
/// </summary>
static partial class Oidc
{
    public const string Path = "/log_in/oidc";
    public const string CallbackPath = "/log_in/oidc/callback";

    const string Prompt = "prompt";

    /// <summary>Leads to the provider, and back to <paramref name="destination"/>.</summary>
    /// <param name="destination">A path of ours, with the prefix.</param>
    /// <param name="isConfirmation">Whether the provider has to ask again, though it knows the person.</param>
    public static IResult Challenge(string destination, bool isConfirmation)
        => Results.Challenge(new AuthenticationProperties { RedirectUri = destination, Parameters = { [Prompt] = isConfirmation } }, [Schemes.Oidc]);

    public static AuthenticationBuilder AddOidc(this AuthenticationBuilder schemes, WebSettings settings)
        => settings.Oidc is { } oidc ? schemes.AddOpenIdConnect(Schemes.Oidc, options => Configure(options, settings, oidc)) : schemes;

    static void Configure(OpenIdConnectOptions options, WebSettings settings, OidcSettings oidc)
    {
        options.Authority = oidc.Issuer.AbsoluteUri;
        options.RequireHttpsMetadata = oidc.Issuer.Scheme == Uri.UriSchemeHttps;
        options.ClientId = oidc.ClientId;
        options.ClientSecret = oidc.ClientSecret?.Reveal();
        // Browsers and providers go by real time, also where the cars do not.
        options.TimeProvider = TimeProvider.System;
        options.SignInScheme = Schemes.Session;
        options.CallbackPath = CallbackPath;
        // The answer comes by a link, not by a form of another site, so that our cookies need not be sent with those.
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.CorrelationCookie.SameSite = SameSiteMode.Lax;
        options.NonceCookie.SameSite = SameSiteMode.Lax;
        options.CorrelationCookie.SecurePolicy = options.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.MapInboundClaims = false;
        options.GetClaimsFromUserInfoEndpoint = true;
        options.ClaimActions.MapJsonKey(oidc.GroupsClaim, oidc.GroupsClaim);
        options.Scope.Clear();
        foreach (var scope in oidc.Scopes)
            options.Scope.Add(scope);
        options.DisableTelemetry = true;
        options.Events.OnRedirectToIdentityProvider = context =>
        {
            // The prefix that a proxy strips belongs to the address that the provider knows.
            var request = context.Request;
            context.ProtocolMessage.RedirectUri = $"{request.Scheme}://{request.Host}{settings.UrlPath}{CallbackPath}";
            if (context.Properties.Parameters.TryGetValue(Prompt, out var asks) && asks is true)
                context.ProtocolMessage.Prompt = OpenIdConnectPrompt.Login;
            return Task.CompletedTask;
        };
        options.Events.OnTicketReceived = context => ReceiveAsync(context, oidc);
        options.Events.OnRemoteFailure = context =>
        {
            Log.Failed(Logger(context.HttpContext), RequestOrigin.Of(context.HttpContext), context.Failure?.Message ?? "no reason was given");
            context.HttpContext.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.HandleResponse();
            return Task.CompletedTask;
        };
    }

    static Task ReceiveAsync(TicketReceivedContext context, OidcSettings oidc)
    {
        var (person, http) = (context.Principal!, context.HttpContext);
        var subject = person.FindFirstValue("sub") ?? "";
        var name = person.FindFirstValue("preferred_username") ?? person.FindFirstValue("email") ?? person.FindFirstValue("name") ?? subject;
        if (!oidc.Allows(subject, person.FindAll(oidc.GroupsClaim).Select(claim => claim.Value)))
        {
            Log.Refused(Logger(http), name, subject, RequestOrigin.Of(http));
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            context.HandleResponse();
            return Task.CompletedTask;
        }

        Log.LoggedIn(Logger(http), name, subject, RequestOrigin.Of(http));
        context.Principal = Identities.Owner(Schemes.Session, subject, name);
        context.Properties = new AuthenticationProperties
        {
            RedirectUri = context.Properties?.RedirectUri,
            Items = { [SessionStore.Method] = Schemes.Oidc }
        };
        return Task.CompletedTask;
    }

    static ILogger Logger(HttpContext http) => (ILogger)http.RequestServices.GetService(typeof(ILogger<LogInPages>))!;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Log-in by the provider: {Name} ({Subject}) from {Address}")]
        public static partial void LoggedIn(ILogger logger, string name, string subject, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Log-in refused: {Name} ({Subject}) from {Address} is known to the provider, but "
            + "neither in WEB_OIDC_ALLOWED_SUBJECTS nor in WEB_OIDC_ALLOWED_GROUPS")]
        public static partial void Refused(ILogger logger, string name, string subject, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Log-in by the provider failed, from {Address}: {Reason}")]
        public static partial void Failed(ILogger logger, RequestOrigin address, string reason);
    }
}
