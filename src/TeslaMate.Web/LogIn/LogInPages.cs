using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.LogIn;

/// <summary>The way in and out.</summary>
sealed partial class LogInPages(WebSettings settings, PasswordCheck passwords, ILogger<LogInPages> logger)
{
    public const string Path = "/log_in";

    // A password and where to go afterwards; this one is read for strangers.
    const long LargestForm = 16_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("").RequireAuthorization(Policies.LogIn).WithMetadata(new AnswersIn("html", "text/*"),
            new LargestBody(LargestForm));
        pages.MapGet(Path, ShowAsync);
        pages.MapPost(Path, LogInAsync).RequireRateLimiting(RateLimits.Passwords);
        if (settings.Oidc is not null)
            pages.MapGet(Oidc.Path, (HttpContext http) =>
                Oidc.Challenge(settings.UrlPath + ReturnPath(http.Request.Query["return"]), isConfirmation: false));
        routes.MapPages().MapPost("/log_out", LogOutAsync);
    }

    static async Task<IResult> ShowAsync(PageContext context, HttpContext http)
        => context.IsInside ? Results.Redirect(context.Url("/")) : await PageAsync(context, http, ReturnPath(http.Request.Query["return"]),
            error: null);

    async Task<IResult> LogInAsync(PageContext context, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var destination = ReturnPath(form["return"]);
        if (context.IsInside)
            return Results.Redirect(context.Url(destination));
        if (await passwords.TryAsync(form["password"].ToString(), http) is { } refusal)
            return await PageAsync(context, http, destination, refusal.Error, refusal.Status);
        Log.LoggedIn(logger, RequestOrigin.Of(http));
        await http.SignInAsync(Schemes.Session, Identities.Owner(Schemes.Session, "owner", "owner"));
        return Results.Redirect(context.Url(destination));
    }

    async Task<IResult> LogOutAsync(PageContext context, HttpContext http)
    {
        Log.LoggedOut(logger, RequestOrigin.Of(http));
        await http.SignOutAsync(Schemes.Session);
        return Results.Redirect(context.Url("/"));
    }

    /// <summary>A path of these pages, whatever was sent; never another site's address.</summary>
    internal static string ReturnPath(string? sent)
        => sent is ['/', ..] and not ['/', '/' or '\\', ..] && sent.Length < 2000 && sent.All(letter => letter is > ' ' and < '\u007f' and not '\\')
            ? sent : "/";

    static async Task<IResult> PageAsync(PageContext context, HttpContext http, string destination, FieldError? error,
        int status = StatusCodes.Status200OK)
    {
        var state = await AccessState.OfAsync(http);
        return context.Render<LogInPage, LogInModel>(
            new(destination, HasPassword: state.HasPassword || !state.HasLogIn, Errors: error is null ? [] : [error]), status);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Log-in by password from {Address}")]
        public static partial void LoggedIn(ILogger logger, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Log-out from {Address}")]
        public static partial void LoggedOut(ILogger logger, RequestOrigin address);
    }
}

/// <param name="Destination">The path to go to afterwards.</param>
/// <param name="HasPassword">Whether there is a password to ask for.</param>
public sealed record LogInModel(string Destination, bool HasPassword, IReadOnlyList<FieldError> Errors);
