using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.LogIn;

/// <summary>The way in and out.</summary>
sealed partial class LogInPages(WebAccess access, LogInThrottle throttle, ILogger<LogInPages> logger) : IDisposable
{
    public const string Path = "/log_in";

    // A password and where to go afterwards; this one is read for strangers.
    const long LargestForm = 16_000;

    const int LongestPassword = 1000;

    // Checking a password is slow on purpose; more than this at once would starve the pages.
    readonly SemaphoreSlim _checks = new(2);

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").RequireAuthorization(Policies.LogIn).WithMetadata(new AnswersIn("html", "text/*"), new LargestBody(LargestForm));
        pages.MapGet(Path, Show);
        pages.MapPost(Path, LogInAsync);
        routes.MapPages().MapPost("/log_out", LogOutAsync);
    }

    public void Dispose() => _checks.Dispose();

    static IResult Show(Visit visit, HttpContext http)
        => visit.IsInside ? Results.Redirect(visit.Url("/")) : Page(visit, ReturnPath(http.Request.Query["return"]), error: null);

    async Task<IResult> LogInAsync(Visit visit, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var destination = ReturnPath(form["return"]);
        if (visit.IsInside)
            return Results.Redirect(visit.Url(destination));
        var origin = RequestOrigin.Of(http);
        if (throttle.Try(origin.Address) is { } wait)
        {
            Log.Throttled(logger, origin, (int)Math.Ceiling(wait.TotalSeconds));
            RetryAfter.Set(http.Response, wait);
            return Page(visit, destination, visit.Texts.With("Too many attempts. Please try again in {0}.", Durations.Since(wait < TimeSpan.FromSeconds(5) ? TimeSpan.FromSeconds(5) : wait)),
                StatusCodes.Status429TooManyRequests);
        }

        var password = form["password"].ToString();
        if (password.Length is 0 or > LongestPassword || !await IsRightAsync(new Secret(password), http.RequestAborted))
        {
            Log.Refused(logger, origin);
            return Page(visit, destination, visit.T("The password is wrong."), StatusCodes.Status422UnprocessableEntity);
        }

        throttle.Succeeded(origin.Address);
        await http.SignInAsync(Schemes.Session, Identities.Owner(Schemes.Session, "owner", "owner"));
        return Results.Redirect(visit.Url(destination));
    }

    static async Task<IResult> LogOutAsync(Visit visit, HttpContext http)
    {
        await http.SignOutAsync(Schemes.Session);
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

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Wrong password for the pages from {Address}")]
        public static partial void Refused(ILogger logger, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many wrong passwords for the pages; {Address} has to wait {WaitS} s")]
        public static partial void Throttled(ILogger logger, RequestOrigin address, int waitS);
    }
}
