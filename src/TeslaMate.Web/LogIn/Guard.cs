using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Web.LogIn;

/// <summary>How an endpoint is entered; endpoints without this are nobody's business here.</summary>
enum Entrance
{
    /// <summary>By session or trusted proxy; changes need a form token.</summary>
    Page,

    /// <summary>As <see cref="Page"/>, for a stream of events, whose origin is checked instead.</summary>
    Live,

    /// <summary>By anybody, since it is how strangers get in; changes need a form token.</summary>
    LogIn,

    /// <summary>By bearer token, once a password is set.</summary>
    Api,

    /// <summary>As <see cref="Page"/>, for a drive's file.</summary>
    File,
}

/// <summary>Lets nobody in who should not: log-in, bearer token, form tokens, origins, names of this host.</summary>
sealed partial class Guard(RequestDelegate next, WebSettings settings, Recognition recognition, BearerToken bearer, FormTokens tokens, HostCheck hosts, ILogger<Guard> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<EntranceOf>()?.Entrance is not { } entrance)
        {
            await next(http);
            return;
        }

        var (visitor, hasPassword) = await recognition.OfAsync(http, http.RequestAborted);
        http.Features.Set(visitor);
        if (visitor is Visitor.Anybody && !await hosts.IsOursAsync(http))
        {
            Log.ForeignHost(logger, http.Request.Host.Host);
            http.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
            return;
        }

        // After the log-out, the button "back" must not show what somebody had to log in for.
        if (visitor is Visitor.Session or Visitor.Vouched && entrance is Entrance.Page or Entrance.File)
            http.Response.Headers.CacheControl = "no-store";
        var isInside = entrance switch
        {
            Entrance.LogIn => true,
            Entrance.Api => visitor is Visitor.Anybody or Visitor.Vouched || await bearer.OpensAsync(http),
            _ => visitor is not Visitor.Stranger,
        };
        if (!isInside)
            TurnAway(http, entrance, hasPassword);
        else if (!await IsWelcomeAsync(http, entrance))
            Refuse(http, entrance);
        else
        {
            if (visitor is Visitor.Session && entrance == Entrance.Page && HttpMethods.IsGet(http.Request.Method))
                LogInPages.Prolong(http);
            await next(http);
        }
    }

    async Task<bool> IsWelcomeAsync(HttpContext http, Entrance entrance) => entrance switch
    {
        Entrance.Live => AllowsOrigin(http),
        // Has come in by another tab since this one asked for the password. It is led on, no more, and the token of its form is of the time before.
        Entrance.LogIn when Visitor.Of(http) is Visitor.Session => true,
        Entrance.Api => !FormTokens.IsFromElsewhere(http),
        _ => HttpMethods.IsGet(http.Request.Method) || await tokens.IsOwnAsync(http),
    };

    bool AllowsOrigin(HttpContext http)
    {
        var origin = http.Request.Headers.Origin.ToString();
        if (settings.Origins.Allows(origin, settings.VirtualHost, isOwn: !FormTokens.IsFromElsewhere(http)))
            return true;
        Log.ForeignOrigin(logger, origin);
        return false;
    }

    void TurnAway(HttpContext http, Entrance entrance, bool hasPassword)
    {
        var logIn = settings.UrlPath + LogInPages.Path;
        if (entrance == Entrance.Api)
            return; // Who looked at the token has answered.
        if (!hasPassword)
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
        else if (entrance is Entrance.Page or Entrance.File && HttpMethods.IsGet(http.Request.Method) && !http.Request.Headers.ContainsKey("HX-Request"))
            http.Response.Redirect($"{logIn}?return={Uri.EscapeDataString(http.Request.Path + http.Request.QueryString)}");
        else
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers["HX-Redirect"] = logIn;
        }
    }

    void Refuse(HttpContext http, Entrance entrance)
    {
        if (entrance != Entrance.Live && http.Request.Headers.Origin.ToString() is { Length: > 0 } origin && FormTokens.IsFromElsewhere(http))
            Log.ForeignChange(logger, origin, http.Request.Host.Value);
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        // A page older than the program's start has a stale token; loaded again, it works.
        http.Response.Headers["HX-Refresh"] = "true";
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The live connection of a page of {Origin} was refused. If that is where these pages are found, say so in CHECK_ORIGIN")]
        public static partial void ForeignOrigin(ILogger logger, string origin);

        [LoggerMessage(Level = LogLevel.Warning, Message = "A change sent by a page of {Origin} was refused, because it came for {Host}. "
            + "If those pages are these, a proxy in between has to pass on the Host that the browser asks for")]
        public static partial void ForeignChange(ILogger logger, string origin, string? host);

        [LoggerMessage(Level = LogLevel.Warning, Message = "A request for {Host} was refused: without a password these pages answer only to addresses and to names that no stranger can point here. "
            + "If this name is yours, set VIRTUAL_HOST to it, or set a password")]
        public static partial void ForeignHost(ILogger logger, string host);
    }
}

sealed record EntranceOf(Entrance Entrance);
