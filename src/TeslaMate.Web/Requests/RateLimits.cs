using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>How many requests of a kind are under way at once, for <c>RequireRateLimiting</c>. Guesses of passwords and tokens are counted by <see cref="LogInThrottle"/>.</summary>
public static class RateLimits
{
    /// <summary>Files: as many at once as they have connections, a few more wait for their turn.</summary>
    public const string Exports = "exports";

    /// <summary>Checks of a password, which are slow on purpose; more at once would starve the pages.</summary>
    public const string Passwords = "passwords";

    static readonly TimeSpan ComeAgain = TimeSpan.FromSeconds(10);

    internal static IServiceCollection AddRateLimits(this IServiceCollection services) => services.AddRateLimiter(options =>
    {
        options.AddConcurrencyLimiter(Exports, limit => (limit.PermitLimit, limit.QueueLimit) = (WebDatabase.ExportConnections, 9));
        options.AddConcurrencyLimiter(Passwords, limit => (limit.PermitLimit, limit.QueueLimit) = (2, 100));
        options.OnRejected = (context, _) =>
        {
            context.HttpContext.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            RetryAfter.Set(context.HttpContext.Response, ComeAgain);
            return ValueTask.CompletedTask;
        };
    });
}
