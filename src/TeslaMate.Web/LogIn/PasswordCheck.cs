using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;
using TeslaMate.Web.Requests;

namespace TeslaMate.Web.LogIn;

/// <summary>
/// Compares a password with the stored one; who guesses has to wait. Endpoints that ask it are limited by <see cref="RateLimits.Passwords"/>.
/// </summary>
sealed partial class PasswordCheck(WebAccess access, LogInThrottle throttle, ILogger<PasswordCheck> logger)
{
    public const int LongestPassword = 1000;

    /// <summary>Null when the password is right; otherwise what to answer. A wait is also told by the header <c>Retry-After</c>.</summary>
    public async Task<Refusal?> TryAsync(string password, HttpContext http)
    {
        var origin = RequestOrigin.Of(http);
        if (throttle.Try(origin.Address) is { } wait)
        {
            Log.Throttled(logger, origin, (int)Math.Ceiling(wait.TotalSeconds));
            RetryAfter.Set(http.Response, wait);
            return new Refusal(wait);
        }

        if (password.Length is 0 or > LongestPassword || await access.PasswordAsync(http.RequestAborted) is not { } stored
            || !PasswordHash.Matches(stored, new Secret(password)))
        {
            Log.Refused(logger, origin);
            return new Refusal(Wait: null);
        }

        throttle.Succeeded(origin.Address);
        return null;
    }

    /// <param name="Wait">How long no password of this address counts; null when it was wrong.</param>
    public sealed record Refusal(TimeSpan? Wait)
    {
        public int Status => Wait is null ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status429TooManyRequests;

        /// <summary>What is wrong with the field <c>password</c>.</summary>
        public FieldError Error => Wait is { } wait
            ? new("password", "Too many attempts. Please try again in {0}.")
            {
                Arguments = [Durations.Since(wait < TimeSpan.FromSeconds(5) ? TimeSpan.FromSeconds(5) : wait)]
            }
            : new("password", "The password is wrong.");
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Wrong password for the pages from {Address}")]
        public static partial void Refused(ILogger logger, RequestOrigin address);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Too many wrong passwords for the pages; {Address} has to wait {WaitS} s")]
        public static partial void Throttled(ILogger logger, RequestOrigin address, int waitS);
    }
}
