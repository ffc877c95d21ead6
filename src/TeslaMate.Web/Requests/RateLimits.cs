using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Web.Requests;

/// <summary>
/// How many requests of a kind are under way at once, and how many programs may make (spec api 2.5), for <c>RequireRateLimiting</c>. Guesses of
/// passwords and tokens are counted by <see cref="LogInThrottle"/>.
/// </summary>
public static class RateLimits
{
    /// <summary>Files: as many at once as they have connections, a few more wait for their turn.</summary>
    public const string Exports = "exports";

    /// <summary>Checks of a password, which are slow on purpose; more at once would starve the pages.</summary>
    public const string Passwords = "passwords";

    /// <summary>
    /// What a program reads: a bucket for each token, and no more at once than leaves others their connections. What comes too fast waits a while
    /// first.
    /// </summary>
    public const string Programs = "programs";

    /// <summary>What a program changes: ten a second for each token.</summary>
    public const string ProgramWrites = "program-writes";

    /// <summary>Long answers of a program: two at once for each token.</summary>
    public const string ProgramStreams = "program-streams";

    /// <summary>Of one token, at once; fewer than <see cref="WebDatabase.ProgramConnections"/>.</summary>
    const int ReadsAtOnce = 4;

    const int WritesPerSecond = 10;

    const int StreamsAtOnce = 2;

    static readonly TimeSpan ComeAgain = TimeSpan.FromSeconds(10);

    internal static IServiceCollection AddRateLimits(this IServiceCollection services, WebSettings settings) => services.AddRateLimiter(options =>
    {
        options.AddConcurrencyLimiter(Exports, limit => (limit.PermitLimit, limit.QueueLimit) = (WebDatabase.ExportConnections, 9));
        options.AddConcurrencyLimiter(Passwords, limit => (limit.PermitLimit, limit.QueueLimit) = (2, 100));
        options.AddPolicy(Programs, http => RateLimitPartition.Get(ProgramOf(http), _ => RateLimiter.CreateChained(
            Bucket(settings.ApiRequestsPerSecond, settings.ApiRequestBurst), AtOnce(ReadsAtOnce, queue: settings.ApiRequestBurst))));
        options.AddPolicy(ProgramWrites, http => RateLimitPartition.Get(ProgramOf(http), _ => Bucket(WritesPerSecond, WritesPerSecond)));
        options.AddPolicy(ProgramStreams, http => RateLimitPartition.Get(ProgramOf(http), _ => RateLimiter.CreateChained(
            Bucket(settings.ApiRequestsPerSecond, settings.ApiRequestBurst), AtOnce(StreamsAtOnce, queue: 0))));
        options.OnRejected = (context, _) => RejectAsync(context.HttpContext, settings);
    });

    /// <summary>
    /// Has requests of endpoints with a limit wait for their turn. The framework's limiter looks at its queues ten times a second from the moment
    /// when it is made, which would be most of what an idle program does: it is made when the first request with a limit comes.
    /// </summary>
    internal static IApplicationBuilder UseRateLimits(this IApplicationBuilder app) => app.Use(next =>
    {
        var limited = new Lazy<RequestDelegate>(() =>
        {
            var branch = app.New().UseRateLimiter();
            branch.Run(next);
            return branch.Build();
        });
        return http => http.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>() is null ? next(http) : limited.Value(http);
    });

    static async ValueTask RejectAsync(HttpContext http, WebSettings settings)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<IProgramRefusals>() is { } refusals)
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            RetryAfter.Set(http.Response, TimeSpan.FromSeconds(1));
            http.Response.Headers["RateLimit-Policy"] = string.Create(
                CultureInfo.InvariantCulture,
                $"\"requests\";q={settings.ApiRequestBurst};w={Math.Max(1, settings.ApiRequestBurst / settings.ApiRequestsPerSecond)}");
            http.Response.Headers["RateLimit"] = "\"requests\";r=0;t=1";
            await refusals.WriteAsync(http, new ProgramRefusal(StatusCodes.Status429TooManyRequests, "too many requests"));
            return;
        }

        http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        RetryAfter.Set(http.Response, ComeAgain);
    }

    /// <summary>A token; a session or person; an address, where everybody who reaches the pages is inside.</summary>
    static string ProgramOf(HttpContext http)
        => http.User.Scheme() is null or Schemes.Open ? $"address:{http.Connection.RemoteIpAddress}" : http.User.Subject() ?? "";

    // Requests above the rate wait for up to 10 s instead of being refused: programs that synchronise for the first time send many, and not all
    // repeat a refused one.
    static TokenBucketRateLimiter Bucket(int perSecond, int burst) => new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = burst,
        TokensPerPeriod = perSecond,
        ReplenishmentPeriod = TimeSpan.FromSeconds(1),
        QueueLimit = perSecond * 10,
        AutoReplenishment = true,
    });

    static ConcurrencyLimiter AtOnce(int permits, int queue) => new(new ConcurrencyLimiterOptions { PermitLimit = permits, QueueLimit = queue });
}
