using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Accounts;
using TeslaMate.Web.Layout;
using TeslaMate.Web.LogIn;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.SigningIn;

/// <summary>Hands over Tesla's tokens (spec web 6.2). They are never shown again, not even after a mistake.</summary>
sealed class SignInPages(ITeslaAccount account, IHostApplicationLifetime lifetime)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapPages("/sign_in").RequireConfirmation();
        pages.MapGet("", (Visit visit) => new RazorComponentResult<SignInPage>(new { Visit = visit, IsFleet = account.FleetMode }));
        pages.MapPost("", SignInAsync);
    }

    async Task<IResult> SignInAsync(Visit visit, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var (access, refresh) = (Token(form["tokens[access]"]), Token(form["tokens[refresh]"]));
        if (!account.FleetMode && (access is null || refresh is null))
            return Failed(visit, http, "Please enter both tokens.");
        // A visitor who leaves does not end it half-way: the old refresh token may be used up by then.
        return await account.SignInAsync(access, refresh, lifetime.ApplicationStopping) switch
        {
            null or ApiError.AlreadySignedIn => Welcome(visit, http),
            ApiError.TokenRefresh => Failed(visit, http, "Tokens are invalid"),
            var error => Failed(visit, http, error.Message),
        };
    }

    static IResult Welcome(Visit visit, HttpContext http)
    {
        Notices.Leave(http, new Notice(visit.T("Signed in successfully"), IsError: false));
        if (!http.Request.Headers.ContainsKey("HX-Request"))
            return Results.Redirect(visit.Url("/"));
        http.Response.Headers["HX-Redirect"] = visit.Url("/");
        return Results.NoContent();
    }

    IResult Failed(Visit visit, HttpContext http, string error)
        => http.Request.Headers.ContainsKey("HX-Request")
            ? new RazorComponentResult<SignInError>(new { Visit = visit, Error = error }) { StatusCode = StatusCodes.Status422UnprocessableEntity }
            : new RazorComponentResult<SignInPage>(new { Visit = visit, IsFleet = account.FleetMode, Error = error }) { StatusCode = StatusCodes.Status422UnprocessableEntity };

    static Secret? Token(string? text) => string.IsNullOrWhiteSpace(text) ? null : new Secret(text.Trim());
}
