using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Protection of changes against other sites: those that pages send need the token of a form (<see cref="IAntiforgery"/>), bound to the browser and
/// to the session. A request that its browser or its <c>Origin</c> marks as another site's is refused before the token is looked at.
/// </summary>
sealed partial class FormProtection(RequestDelegate next, WebSettings settings, IAntiforgery antiforgery, ILogger<FormProtection> logger)
{
    public const string Field = "_csrf_token";
    public const string Header = "X-CSRF-Token";
    public const string Cookie = "_teslamate_csrf";

    public static void Configure(AntiforgeryOptions options)
    {
        options.FormFieldName = Field;
        options.HeaderName = Header;
        options.Cookie.Name = Cookie;
    }

    /// <summary>The token for the forms of the page under way.</summary>
    public static string? TokenFor(HttpContext http, IAntiforgery antiforgery)
    {
        // Not GetAndStoreTokens, which forbids the browser to keep the page even where there is no log-in.
        var tokens = antiforgery.GetTokens(http);
        if (tokens.CookieToken is { } browser)
            http.Response.Cookies.Append(Cookie, browser,
                new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, Path = "/" });
        return tokens.RequestToken;
    }

    /// <summary>Whether the browser says that another site made this request.</summary>
    public static bool IsFromElsewhere(HttpContext http)
    {
        if (http.Request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is not ("same-origin" or "none");
        // Browsers leave that header out on plain http, but always name the origin of a POST.
        return http.Request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var address)
                && string.Equals(address.Authority, Authority(http.Request, address), StringComparison.OrdinalIgnoreCase));
    }

    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetOrderedMetadata<IAuthorizeData>() is not { Count: > 0 } policies || await IsOwnAsync(http, policies))
        {
            await next(http);
            return;
        }

        if (http.GetEndpoint()?.Metadata.GetMetadata<IProgramRefusals>() is { } refusals)
        {
            await refusals.WriteAsync(http, new(StatusCodes.Status403Forbidden, IsFromElsewhere(http)
                ? "a page of another site asked for this" : $"a change by a session brings the token of its page's forms in {Header}"));
            return;
        }

        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        // A page that was open for too long has a stale token; loaded again, it works.
        http.Response.Headers["HX-Refresh"] = "true";
    }

    async Task<bool> IsOwnAsync(HttpContext http, IReadOnlyList<IAuthorizeData> policies)
    {
        if (http.IsLive())
            return AllowsOrigin(http);
        if (HttpMethods.IsGet(http.Request.Method))
            return true;
        if (IsFromElsewhere(http) && !IsAllowedProgram(http))
        {
            Log.ForeignChange(logger, http.Request.Headers.Origin.ToString(), http.Request.Host.Value);
            return false;
        }

        var isLogIn = policies.Any(data => data.Policy == Policies.LogIn);
        // Has come in by another tab since this one asked for the password. It is led on, no more, and the token of its form is of the time before.
        if (isLogIn && http.User.SessionId() is not null)
            return true;
        var isPage = isLogIn || policies.Any(data => data.Policy == Policies.Owner);
        return !isPage && http.User.Scheme() != Schemes.Session || await HasTokenAsync(http);
    }

    // A token is brought by the script itself, never by the browser on its own.
    bool IsAllowedProgram(HttpContext http)
        => http.User.Scheme() == Schemes.Bearer && settings.ApiOrigins.Contains(http.Request.Headers.Origin.ToString());

    async Task<bool> HasTokenAsync(HttpContext http)
    {
        try
        {
            await antiforgery.ValidateRequestAsync(http);
            return true;
        }
        catch (AntiforgeryValidationException exception)
        {
            // What cannot be read is no forgery.
            if (exception.InnerException is BadHttpRequestException or InvalidDataException)
                throw exception.InnerException;
            return false;
        }
    }

    bool AllowsOrigin(HttpContext http)
    {
        var origin = http.Request.Headers.Origin.ToString();
        if (settings.Origins.Allows(origin, settings.VirtualHost, isOwn: !IsFromElsewhere(http)))
            return true;
        Log.ForeignOrigin(logger, origin);
        return false;
    }

    // A default port is spelled out by some and left out by others.
    static string Authority(HttpRequest request, Uri origin)
        => Uri.TryCreate($"{origin.Scheme}://{request.Host.Value}", UriKind.Absolute, out var host) ? host.Authority : "";

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The live connection of a page of {Origin} was refused. If that is where these pages are "
            + "found, say so in CHECK_ORIGIN")]
        public static partial void ForeignOrigin(ILogger logger, string origin);

        [LoggerMessage(Level = LogLevel.Warning, Message = "A change sent by a page of {Origin} was refused, because it came for {Host}. "
            + "If those pages are these, a proxy in between has to pass on the Host that the browser asks for")]
        public static partial void ForeignChange(ILogger logger, string origin, string? host);
    }
}

/// <summary>Marks a stream of events: its origin is checked, and who may not follow it is told by a status.</summary>
sealed record LiveEvents
{
    public static LiveEvents Instance { get; } = new();
}

static class LiveEventsConventions
{
    /// <summary>Marks the endpoint as a stream of events.</summary>
    public static T WithLiveEvents<T>(this T endpoint)
        where T : IEndpointConventionBuilder => endpoint.WithMetadata(LiveEvents.Instance);

    public static bool IsLive(this HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<LiveEvents>() is not null;
}
