using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace TeslaMate.Web.LogIn;

/// <summary>A program that brings a token, in <c>Authorization: Bearer</c> or another of the ways of <see cref="BroughtToken"/>.</summary>
sealed class BearerHandler(ApiTokens tokens, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
        => (await tokens.TryAsync(Context)).Program is { } program
            ? AuthenticateResult.Success(new AuthenticationTicket(program, Schemes.Bearer))
            : AuthenticateResult.NoResult();

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // Where a browser is led to the log-in, it is not asked for a token as well.
        if (Response.StatusCode is not (StatusCodes.Status200OK or StatusCodes.Status401Unauthorized))
            return;
        if ((await tokens.TryAsync(Context)).Wait is { } wait)
        {
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            RetryAfter.Set(Response, wait);
            return;
        }

        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers[HeaderNames.WWWAuthenticate] = Schemes.Bearer;
    }
}
