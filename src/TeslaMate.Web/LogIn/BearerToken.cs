using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace TeslaMate.Web.LogIn;

/// <summary>What opens the <c>PUT</c> routes, and tells monitors of the cars, once a password is set: the stored token, or <c>WEB_API_TOKEN</c>.</summary>
sealed partial class BearerToken(WebSettings settings, WebAccess access, Recognition recognition, TimeProvider time, ILogger<BearerToken> logger)
{
    readonly byte[]? _configured = settings.ApiToken is { } token ? WebAccess.Hash(token.Reveal()) : null;

    // Not the log-in's: an automation with an outdated token must not lock that for the browsers at its address.
    readonly LogInThrottle _throttle = new(time);

    /// <summary>Whether the request brings a right token. If not, it is answered: 401, or 429 to who guesses. To bring none is no guess.</summary>
    public async Task<bool> OpensAsync(HttpContext http)
    {
        var (isRight, waitS) = await TryAsync(http);
        if (isRight)
            return true;
        if (waitS is { } seconds)
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return false;
        }

        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        http.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        return false;
    }

    /// <summary>Whether the request brings a right token; or for how many seconds none of its address counts, right or not.</summary>
    public async Task<(bool IsRight, int? WaitS)> TryAsync(HttpContext http)
    {
        if (TokenOf(http.Request) is not { } token)
            return (false, null);
        var isRight = await IsRightAsync(token, http.RequestAborted);
        var address = recognition.AddressOf(http);
        if (_throttle.Try(address, isRight) is { } wait)
        {
            var seconds = (int)Math.Ceiling(wait.TotalSeconds);
            Log.Throttled(logger, address?.ToString() ?? "a unix socket", seconds);
            return (false, seconds);
        }

        if (!isRight)
            Log.Refused(logger, address?.ToString() ?? "a unix socket");
        return (isRight, null);
    }

    static string? TokenOf(HttpRequest request)
        => request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            && header["Bearer ".Length..].Trim() is { Length: > 0 and < 1000 } token ? token : null;

    async Task<bool> IsRightAsync(string token, CancellationToken cancellationToken)
        => (_configured is { } known && CryptographicOperations.FixedTimeEquals(known, WebAccess.Hash(token))) || await access.IsApiTokenAsync(token, cancellationToken);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Wrong bearer token from {Address}")]
        public static partial void Refused(ILogger logger, string address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many wrong bearer tokens; {Address} has to wait {WaitS} s")]
        public static partial void Throttled(ILogger logger, string address, int waitS);
    }
}
