using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook.Cars;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.LogIn;

/// <summary>The tokens for programs: which there are, new ones, and their end. A stolen session must not make itself one, so the owner is asked for the password again.</summary>
sealed partial class TokenPages(TokenStore tokens, ICars cars, ILogger<TokenPages> logger)
{
    public const string Path = "/tokens";

    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages().RequireConfirmation();
        pages.MapGet(Path, (Visit visit, HttpContext http, CancellationToken cancellationToken) => PageAsync(visit, http, made: null, error: null, cancellationToken));
        pages.MapPost(Path, ChangeAsync);
    }

    async Task<IResult> ChangeAsync(Visit visit, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        return form["revoke"].ToString() is { Length: > 0 } id
            ? await RevokeAsync(id, visit, http, cancellationToken)
            : await CreateAsync(form, visit, http, cancellationToken);
    }

    async Task<IResult> CreateAsync(IFormCollection form, Visit visit, HttpContext http, CancellationToken cancellationToken)
    {
        var (wish, problem) = TokenWish.Parse(form["name"], [.. form["scope"].OfType<string>()], [.. form["car"].OfType<string>().Where(car => car.Length > 0)], form["days"]);
        if (wish is null)
            return await PageAsync(visit, http, made: null, problem, cancellationToken);
        var (stored, token) = await tokens.CreateAsync(wish, cancellationToken);
        Log.Created(logger, stored.Id, stored.Name, string.Join(' ', stored.Scopes), RequestOrigin.Of(http));
        return await PageAsync(visit, http, token, error: null, cancellationToken);
    }

    async Task<IResult> RevokeAsync(string text, Visit visit, HttpContext http, CancellationToken cancellationToken)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        if (await tokens.RevokeAsync(id, cancellationToken) is { } ended)
            Log.Revoked(logger, ended.Id, ended.Name, RequestOrigin.Of(http));
        return Results.Redirect(visit.Url(Path));
    }

    /// <param name="visit">The request.</param>
    /// <param name="http">The same.</param>
    /// <param name="made">A new token, which is shown once.</param>
    /// <param name="error">What is wrong with a new token's form.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    async Task<IResult> PageAsync(Visit visit, HttpContext http, Secret? made, string? error, CancellationToken cancellationToken)
    {
        if (made is not null)
            http.Response.Headers.CacheControl = "no-store";
        return new RazorComponentResult<TokensPage>(new
        {
            Visit = visit,
            Tokens = await tokens.ListAsync(cancellationToken),
            Cars = await cars.ListAsync(cancellationToken),
            Made = made,
            Error = error,
        })
        {
            StatusCode = error is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity,
        };
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Token {Id} ({Name}) was made in the pages with the scopes {Scopes}, from {Address}")]
        public static partial void Created(ILogger logger, int id, string name, string scopes, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Information, Message = "Token {Id} ({Name}) was revoked in the pages, from {Address}")]
        public static partial void Revoked(ILogger logger, int id, string name, RequestOrigin address);
    }
}
