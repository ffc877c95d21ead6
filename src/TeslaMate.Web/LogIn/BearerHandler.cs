using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace TeslaMate.Web.LogIn;

/// <summary>A program that brings a token in <c>Authorization: Bearer</c>.</summary>
sealed class BearerHandler(ApiTokens tokens, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    TimeSpan? _wait;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        (var program, _wait) = await tokens.TryAsync(Context);
        return program is null ? AuthenticateResult.NoResult() : AuthenticateResult.Success(new AuthenticationTicket(program, Schemes.Bearer));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // Where a browser is led to the log-in, it is not asked for a token as well.
        if (Response.StatusCode is not (StatusCodes.Status200OK or StatusCodes.Status401Unauthorized))
            return Task.CompletedTask;
        if (_wait is { } wait)
        {
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            RetryAfter.Set(Response, wait);
            return Task.CompletedTask;
        }

        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers[HeaderNames.WWWAuthenticate] = Schemes.Bearer;
        return Task.CompletedTask;
    }
}
