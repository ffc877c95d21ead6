using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.LogIn;

/// <summary>The way in and out.</summary>
sealed partial class LogInPages(WebAccess access, Recognition recognition, LogInThrottle throttle, ILogger<LogInPages> logger) : IDisposable
{
    public const string Path = "/log_in";
    public const string SessionCookie = "_teslamate_key";

    const int LongestPassword = 1000;

    // Checking a password is slow on purpose; more than this at once would starve the pages.
    readonly SemaphoreSlim _checks = new(2);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, Show).WithMetadata(new EntranceOf(Entrance.LogIn));
        routes.MapPost(Path, LogInAsync).WithMetadata(new EntranceOf(Entrance.LogIn));
        routes.MapPost("/log_out", LogOutAsync).WithMetadata(new EntranceOf(Entrance.Page));
    }

    public void Dispose() => _checks.Dispose();

    /// <summary>Lets the cookie last as long as the session, which is counted from its last use.</summary>
    public static void Prolong(HttpContext http)
    {
        if (http.Request.Cookies[SessionCookie] is { } token)
            http.Response.Cookies.Append(SessionCookie, token, Options(http, WebAccess.SessionLength));
    }

    static IResult Show(Visit visit, HttpContext http)
        => visit.IsInside ? Results.Redirect(visit.Url("/")) : Page(visit, ReturnPath(http.Request.Query["return"]), error: null);

    async Task<IResult> LogInAsync(Visit visit, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var destination = ReturnPath(form["return"]);
        if (visit.IsInside)
            return Results.Redirect(visit.Url(destination));
        var address = recognition.AddressOf(http);
        if (throttle.Try(address) is { } wait)
        {
            Log.Throttled(logger, address?.ToString() ?? "a unix socket", (int)Math.Ceiling(wait.TotalSeconds));
            http.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
            return Page(visit, destination, visit.Texts.With("Too many attempts. Please try again in {0}.", Durations.Since(wait < TimeSpan.FromSeconds(5) ? TimeSpan.FromSeconds(5) : wait)),
                StatusCodes.Status429TooManyRequests);
        }

        var password = form["password"].ToString();
        if (password.Length is 0 or > LongestPassword || !await IsRightAsync(new Secret(password), http.RequestAborted))
        {
            Log.Refused(logger, address?.ToString() ?? "a unix socket");
            return Page(visit, destination, visit.T("The password is wrong."), StatusCodes.Status422UnprocessableEntity);
        }

        throttle.Succeeded(address);
        http.Response.Cookies.Append(SessionCookie, await access.StartSessionAsync(http.RequestAborted), Options(http, WebAccess.SessionLength));
        return Results.Redirect(visit.Url(destination));
    }

    async Task<IResult> LogOutAsync(Visit visit, HttpContext http)
    {
        if (Visitor.Of(http) is Visitor.Session session)
            await access.EndSessionAsync(session.Id, http.RequestAborted);
        http.Response.Cookies.Delete(SessionCookie, Options(http, age: null));
        return Results.Redirect(visit.Url("/"));
    }

    /// <summary>A path of these pages, whatever was sent; never another site's address.</summary>
    internal static string ReturnPath(string? sent)
        => sent is ['/', ..] and not ['/', '/' or '\\', ..] && sent.Length < 2000 && sent.All(letter => letter is > ' ' and < '\u007f' and not '\\') ? sent : "/";

    async Task<bool> IsRightAsync(Secret password, CancellationToken cancellationToken)
    {
        if (await access.PasswordAsync(cancellationToken) is not { } stored)
            return false;
        await _checks.WaitAsync(cancellationToken);
        try
        {
            return PasswordHash.Matches(stored, password);
        }
        finally
        {
            _checks.Release();
        }
    }

    static RazorComponentResult<LogInPage> Page(Visit visit, string destination, string? error, int status = StatusCodes.Status200OK)
        => new(new { Visit = visit, Destination = destination, Error = error }) { StatusCode = status };

    static CookieOptions Options(HttpContext http, TimeSpan? age)
        => new() { HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = http.Request.IsHttps, Path = "/", MaxAge = age };

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Wrong password for the pages from {Address}")]
        public static partial void Refused(ILogger logger, string address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many wrong passwords for the pages; {Address} has to wait {WaitS} s")]
        public static partial void Throttled(ILogger logger, string address, int waitS);
    }
}
