using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace TeslaMate.Web.LogIn;

/// <summary>The tokens by which programs are known: the stored one, and <c>WEB_API_TOKEN</c>. Both open suspend and resume, and tell monitors of the cars.</summary>
sealed partial class ApiTokens(WebSettings settings, WebAccess access, TimeProvider time, ILogger<ApiTokens> logger)
{
    readonly byte[]? _configured = settings is { ApiToken: { } token, IsApiTokenRefused: false } ? WebAccess.Hash(token.Reveal()) : null;

    // Not the log-in's: an automation with an outdated token must not lock that for the browsers at its address.
    readonly LogInThrottle _throttle = new(time);

    /// <summary>The program whose token the request brings; or how long none of its address counts, right or not. To bring none is no guess.</summary>
    public async Task<(ClaimsPrincipal? Program, TimeSpan? Wait)> TryAsync(HttpContext http)
    {
        if (TokenOf(http.Request) is not { } token)
            return (null, null);
        var program = await FindAsync(token, http.RequestAborted);
        var origin = RequestOrigin.Of(http);
        if (_throttle.Try(origin.Address, program is not null) is { } wait)
        {
            Log.Throttled(logger, origin, (int)Math.Ceiling(wait.TotalSeconds));
            return (null, wait);
        }

        if (program is null)
            Log.Refused(logger, origin);
        return (program, null);
    }

    static string? TokenOf(HttpRequest request)
        => request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            && header["Bearer ".Length..].Trim() is { Length: > 0 and < 1000 } token ? token : null;

    async Task<ClaimsPrincipal?> FindAsync(string token, CancellationToken cancellationToken)
        => (_configured is { } known && CryptographicOperations.FixedTimeEquals(known, WebAccess.Hash(token))) || await access.IsApiTokenAsync(token, cancellationToken)
            ? Identities.Program("api-token", Scopes.Logging, Scopes.Monitor)
            : null;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Wrong bearer token from {Address}")]
        public static partial void Refused(ILogger logger, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many wrong bearer tokens; {Address} has to wait {WaitS} s")]
        public static partial void Throttled(ILogger logger, RequestOrigin address, int waitS);
    }
}
