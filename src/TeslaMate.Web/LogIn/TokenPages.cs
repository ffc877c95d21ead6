using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook.Cars;
using TeslaMate.Web.Forms;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// The tokens for programs: which there are, new ones, and their end. A stolen session must not make itself one, so the owner is asked for the
/// password again.
/// </summary>
sealed partial class TokenPages(TokenStore tokens, ICars cars, TimeProvider time, ILogger<TokenPages> logger)
{
    public const string Path = "/tokens";

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages().RequireConfirmation();
        pages.MapGet(Path, (PageContext context, HttpContext http, CancellationToken cancellationToken) =>
            PageAsync(context, http, made: null, error: null, cancellationToken));
        pages.MapPost(Path, ChangeAsync);
    }

    async Task<IResult> ChangeAsync(PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        var fields = new FormReader(await http.Request.ReadFormAsync(cancellationToken));
        return fields.Text("revoke") is { Length: > 0 } id
            ? await RevokeAsync(id, context, http, cancellationToken)
            : await CreateAsync(fields, context, http, cancellationToken);
    }

    async Task<IResult> CreateAsync(FormReader fields, PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        // The wish itself is read as the command line reads it, in the same sentences.
        var (wish, problem) = TokenWish.Parse(fields.Text("name"), fields.Texts("scope"), fields.Texts("car"), fields.Text("days"));
        if (wish is null)
            return await PageAsync(context, http, made: null, problem, cancellationToken);
        var (stored, token) = await tokens.CreateAsync(wish, cancellationToken);
        Log.Created(logger, stored.Id, stored.Name, string.Join(' ', stored.Scopes), RequestOrigin.Of(http));
        return await PageAsync(context, http, token, error: null, cancellationToken);
    }

    async Task<IResult> RevokeAsync(string text, PageContext context, HttpContext http, CancellationToken cancellationToken)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        if (await tokens.RevokeAsync(id, cancellationToken) is { } ended)
            Log.Revoked(logger, ended.Id, ended.Name, RequestOrigin.Of(http));
        return Results.Redirect(context.Url(Path));
    }

    /// <param name="context">The request.</param>
    /// <param name="http">The same.</param>
    /// <param name="made">A new token, which is shown once.</param>
    /// <param name="error">What is wrong with a new token's form.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    async Task<IResult> PageAsync(PageContext context, HttpContext http, Secret? made, string? error, CancellationToken cancellationToken)
    {
        if (made is not null)
            http.Response.Headers.CacheControl = "no-store";
        return context.Render<TokensPage, TokensModel>(
            new(await tokens.ListAsync(cancellationToken), await cars.ListAsync(cancellationToken), time.GetUtcNow(), made, error),
            error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Token {Id} ({Name}) was made in the pages with the scopes {Scopes}, from {Address}")]
        public static partial void Created(ILogger logger, int id, string name, string scopes, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Token {Id} ({Name}) was revoked in the pages, from {Address}")]
        public static partial void Revoked(ILogger logger, int id, string name, RequestOrigin address);
    }
}

/// <param name="Tokens">All of them, the newest first.</param>
/// <param name="Cars">Those that a new one may be for.</param>
/// <param name="Now">When the page is made.</param>
/// <param name="Made">A new token, which is shown once.</param>
/// <param name="Error">What is wrong with a new token's form.</param>
public sealed record TokensModel(IReadOnlyList<StoredToken> Tokens, IReadOnlyList<Car> Cars, DateTimeOffset Now, Secret? Made, string? Error);
