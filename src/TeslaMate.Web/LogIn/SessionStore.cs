using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// The sessions of the cookie scheme, kept in <c>teslamate.web_sessions</c>: an entry's key is what the cookie holds, its hash is the row's id.
/// </summary>
sealed class SessionStore(WebAccess access) : ITicketStore
{
    /// <summary>The property of a ticket that says how the person was recognized.</summary>
    public const string Method = "method";

    public Task<string> StoreAsync(AuthenticationTicket ticket) => throw new NotSupportedException("a session is started by a request");

    public Task<string> StoreAsync(AuthenticationTicket ticket, HttpContext http, CancellationToken cancellationToken)
        => access.StartSessionAsync(ticket.Principal.Identity?.Name ?? "owner",
            ticket.Properties.Items.TryGetValue(Method, out var method) ? method! : "password",
            RequestOrigin.Of(http), cancellationToken);

    public Task RenewAsync(string key, AuthenticationTicket ticket) => throw new NotSupportedException("a session is renewed by a request");

    public Task RenewAsync(string key, AuthenticationTicket ticket, HttpContext http, CancellationToken cancellationToken)
        => RenewAsync(key, isLogIn: ticket.Properties.Items.ContainsKey(Method), RequestOrigin.Of(http), cancellationToken);

    public Task<AuthenticationTicket?> RetrieveAsync(string key) => throw new NotSupportedException("a session is looked up by a request");

    public async Task<AuthenticationTicket?> RetrieveAsync(string key, HttpContext http, CancellationToken cancellationToken)
    {
        if ((await AccessState.OfAsync(http)).Session is not { } session || !session.Id.AsSpan().SequenceEqual(WebAccess.Hash(key)))
            return null;
        var properties = new AuthenticationProperties { IssuedUtc = session.RenewedAt, ExpiresUtc = session.ExpiresAt };
        return new AuthenticationTicket(Identities.Owner(Schemes.Session, Convert.ToHexString(session.Id), session.Subject), properties,
            Schemes.Session);
    }

    // Who logs in during a session has proved once more to be the owner.
    async Task RenewAsync(string key, bool isLogIn, RequestOrigin origin, CancellationToken cancellationToken)
    {
        await access.RenewSessionAsync(key, origin, cancellationToken);
        if (isLogIn)
            await access.ConfirmSessionAsync(WebAccess.Hash(key), cancellationToken);
    }

    public Task RemoveAsync(string key) => access.EndSessionAsync(WebAccess.Hash(key), CancellationToken.None);
}

/// <summary>
/// The cookie of a session: the random key of its row and nothing else, so that it needs neither signature nor encryption, and outlives the key ring.
/// </summary>
sealed class SessionCookie(WebSettings settings, SessionStore store) : IConfigureNamedOptions<CookieAuthenticationOptions>,
    ISecureDataFormat<AuthenticationTicket>
{
    public const string Name = "_teslamate_key";

    // What the framework calls the claim by which a ticket names the entry in the store.
    const string KeyClaim = "Microsoft.AspNetCore.Authentication.Cookies-SessionId";

    // A session's last use is written down once an hour, not with every request.
    static readonly TimeSpan Renewal = TimeSpan.FromHours(1);

    public void Configure(CookieAuthenticationOptions options) => Configure(Schemes.Session, options);

    public void Configure(string? name, CookieAuthenticationOptions options)
    {
        if (name != Schemes.Session)
            return;
        options.Cookie.Name = Name;
        options.Cookie.Path = "/";
        options.Cookie.SameSite = SameSiteMode.Lax;
        // Counted from the last use, as the session is.
        options.Cookie.MaxAge = WebAccess.SessionLength;
        options.ExpireTimeSpan = WebAccess.SessionLength;
        options.SessionStore = store;
        options.TicketDataFormat = this;
        options.Events.OnCheckSlidingExpiration = context =>
        {
            context.ShouldRenew = context.ElapsedTime >= Renewal;
            return Task.CompletedTask;
        };
        options.Events.OnRedirectToLogin = context => AskAsync(context.HttpContext);
        options.Events.OnRedirectToAccessDenied = context => AskAsync(context.HttpContext);
    }

    public string Protect(AuthenticationTicket data) => Protect(data, purpose: null);

    public string Protect(AuthenticationTicket data, string? purpose) => data.Principal.FindFirst(KeyClaim)!.Value;

    public AuthenticationTicket? Unprotect(string? protectedText) => Unprotect(protectedText, purpose: null);

    public AuthenticationTicket? Unprotect(string? protectedText, string? purpose)
        => protectedText is { Length: > 20 and < 100 } key
            ? new AuthenticationTicket(new ClaimsPrincipal(new ClaimsIdentity([new(KeyClaim, key)], Schemes.Session)), Schemes.Session)
            : null;

    /// <summary>A page leads to the log-in; scripts and changes get a status.</summary>
    async Task AskAsync(HttpContext http)
    {
        // Who looked at a token has answered.
        if (http.Response.StatusCode != StatusCodes.Status200OK)
            return;
        var logIn = settings.UrlPath + LogInPages.Path;
        var request = http.Request;
        if (!(await AccessState.OfAsync(http)).HasLogIn)
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
        else if (HttpMethods.IsGet(request.Method) && !request.Headers.ContainsKey("HX-Request") && !http.IsLive())
            http.Response.Redirect($"{logIn}?return={Uri.EscapeDataString(request.Path + request.QueryString)}");
        else
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers["HX-Redirect"] = logIn;
        }
    }
}
