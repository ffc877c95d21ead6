using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// The sessions, which the owner can look through and end; the password; and the question for it before something that a stolen session must not do.
/// </summary>
sealed partial class SessionPages(WebAccess access, PasswordCheck passwords, ILogger<SessionPages> logger)
{
    public const string Path = "/sessions";
    public const string ConfirmPath = "/confirm";

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages();
        pages.MapGet(Path, async (PageContext context, HttpContext http, CancellationToken cancellationToken) =>
            await PageAsync(context, http, error: null, StatusCodes.Status200OK, cancellationToken));
        pages.MapPost($"{Path}/end", EndAsync);
        pages.MapPost($"{Path}/password", ChangePasswordAsync).RequireRateLimiting(RateLimits.Passwords);
        pages.MapGet(ConfirmPath, AskAsync);
        pages.MapPost(ConfirmPath, ConfirmAsync).RequireRateLimiting(RateLimits.Passwords);
    }

    async Task<IResult> PageAsync(PageContext context, HttpContext http, FieldError? error, int status, CancellationToken cancellationToken)
        => context.Render<SessionsPage, SessionsModel>(
            new(await access.SessionsAsync(cancellationToken), http.User.SessionId(), (await AccessState.OfAsync(http)).HasPassword,
                Errors: error is null ? [] : [error]), status);

    async Task<IResult> EndAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (form["id"].ToString() is not { Length: 64 } id || !id.All(char.IsAsciiHexDigit))
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        await access.EndSessionAsync(Convert.FromHexString(id), cancellationToken);
        Log.Ended(logger, RequestOrigin.Of(http));
        return Results.Redirect(context.Url(Path));
    }

    async Task<IResult> ChangePasswordAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        if (http.User.SessionId() is not { } session || !(await AccessState.OfAsync(http)).HasPassword)
            return Results.StatusCode(StatusCodes.Status403Forbidden);
        if (await passwords.TryAsync(form["password"].ToString(), http) is { } refusal)
            return await PageAsync(context, http, refusal.Error, refusal.Status, cancellationToken);
        var wanted = form["new_password"].ToString();
        if (wanted.Length < PasswordHash.LeastLength || wanted.Length > PasswordCheck.LongestPassword)
            return await PageAsync(context, http, new FieldError("new_password", Problem.Invalid), StatusCodes.Status422UnprocessableEntity,
                cancellationToken);
        await access.ChangePasswordAsync(new Secret(wanted), but: session, cancellationToken);
        Log.PasswordChanged(logger, RequestOrigin.Of(http));
        Notices.Leave(http, new Notice(context.Texts["Saved!"], IsError: false));
        return Results.Redirect(context.Url(Path));
    }

    static async Task<IResult> AskAsync(PageContext context, HttpContext http)
    {
        var destination = LogInPages.ReturnPath(http.Request.Query["return"]);
        // Who did not come in by a session has nothing to confirm.
        if (http.User.SessionId() is null)
            return Results.Redirect(context.Url(destination));
        return (await AccessState.OfAsync(http)).Session?.Method == Schemes.Oidc && context.Web.Oidc is not null
            ? Oidc.Challenge(context.Url(destination), isConfirmation: true)
            : Confirm(context, destination, error: null);
    }

    async Task<IResult> ConfirmAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var destination = LogInPages.ReturnPath(form["return"]);
        if (http.User.SessionId() is not { } session)
            return Results.Redirect(context.Url(destination));
        if (await passwords.TryAsync(form["password"].ToString(), http) is { } refusal)
            return Confirm(context, destination, refusal.Error, refusal.Status);
        await access.ConfirmSessionAsync(session, cancellationToken);
        Log.Confirmed(logger, RequestOrigin.Of(http));
        return Results.Redirect(context.Url(destination));
    }

    static IResult Confirm(PageContext context, string destination, FieldError? error, int status = StatusCodes.Status200OK)
        => context.Render<ConfirmPage, ConfirmModel>(new(destination, Errors: error is null ? [] : [error]), status);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "A session was ended in the pages, from {Address}")]
        public static partial void Ended(ILogger logger, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "The password of the pages was changed in the pages, from {Address}; all other "
            + "sessions are ended")]
        public static partial void PasswordChanged(ILogger logger, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "The owner was asked for the password again and gave it, from {Address}")]
        public static partial void Confirmed(ILogger logger, RequestOrigin address);
    }
}

/// <param name="Sessions">The last used first.</param>
/// <param name="Own">The visitor's own; null for who did not come in by one.</param>
/// <param name="HasPassword">Whether there is a password to change.</param>
public sealed record SessionsModel(IReadOnlyList<StoredSession> Sessions, byte[]? Own, bool HasPassword, IReadOnlyList<FieldError> Errors);

/// <param name="Destination">The path to go to afterwards.</param>
public sealed record ConfirmModel(string Destination, IReadOnlyList<FieldError> Errors);
