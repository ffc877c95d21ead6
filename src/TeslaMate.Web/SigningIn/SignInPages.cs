using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
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
        pages.MapGet("", (PageContext context) => context.Render<SignInPage, SignInModel>(new(account.FleetMode)));
        pages.MapPost("", SignInAsync);
    }

    async Task<IResult> SignInAsync(PageContext context, HttpContext http)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var (access, refresh) = (Token(form["tokens[access]"]), Token(form["tokens[refresh]"]));
        if (!account.FleetMode && (access is null || refresh is null))
            return Failed(context, http, "Please enter both tokens.");
        // A visitor who leaves does not end it half-way: the old refresh token may be used up by then.
        return await account.SignInAsync(access, refresh, lifetime.ApplicationStopping) switch
        {
            null or ApiError.AlreadySignedIn => Welcome(context, http),
            ApiError.TokenRefresh => Failed(context, http, "Tokens are invalid"),
            var error => Failed(context, http, error.Message),
        };
    }

    static IResult Welcome(PageContext context, HttpContext http)
    {
        Notices.Leave(http, new Notice(context.Texts["Signed in successfully"], IsError: false));
        if (!context.IsFragment)
            return Results.Redirect(context.Url("/"));
        http.Response.Headers["HX-Redirect"] = context.Url("/");
        return Results.NoContent();
    }

    IResult Failed(PageContext context, HttpContext http, string error)
        => context.IsFragment
            ? context.Render<SignInError, SignInModel>(new(account.FleetMode, error), StatusCodes.Status422UnprocessableEntity)
            : context.Render<SignInPage, SignInModel>(new(account.FleetMode, error), StatusCodes.Status422UnprocessableEntity);

    static Secret? Token(string? text) => string.IsNullOrWhiteSpace(text) ? null : new Secret(text.Trim());
}

/// <param name="IsFleet">A proxy's token is used, so that nothing has to be entered.</param>
/// <param name="Error">Why the tokens were refused, in English; null when they were not.</param>
public sealed record SignInModel(bool IsFleet, string? Error = null);
