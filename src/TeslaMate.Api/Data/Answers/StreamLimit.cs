using System.Globalization;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using TeslaMate.Api.Data.Questions;
using TeslaMate.Web.Requests;

namespace TeslaMate.Api.Data.Answers;

/// <summary>How many streams somebody reads at once: two of a token or session, or of an address where there is no log-in (spec api 2.5).</summary>
sealed class StreamLimit : IDisposable
{
    public const int Most = 2;

    static readonly TimeSpan ComeAgain = TimeSpan.FromSeconds(5);

    // From the first stream on: a limiter looks at its partitions ten times a second.
    readonly Lazy<PartitionedRateLimiter<string>> _limiter = new(() => PartitionedRateLimiter.Create<string, string>(
        who => RateLimitPartition.GetConcurrencyLimiter(who, _ => new ConcurrencyLimiterOptions { PermitLimit = Most, QueueLimit = 0 })));

    /// <summary>Room for one more stream, given back by disposing of it.</summary>
    /// <exception cref="ProblemException">There is none.</exception>
    public RateLimitLease Take(HttpContext http)
    {
        var lease = _limiter.Value.AttemptAcquire(http.User.FindFirst("sub")?.Value is { } subject and not "everybody" ? subject
            : $"{http.Connection.RemoteIpAddress}");
        if (lease.IsAcquired)
            return lease;
        lease.Dispose();
        http.Response.Headers[HeaderNames.RetryAfter] = ((int)ComeAgain.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        throw new ProblemException(ProblemKind.TooManyRequests, $"Not more than {Most} streams can be read at once. Wait until one has ended.");
    }

    public void Dispose()
    {
        if (_limiter.IsValueCreated)
            _limiter.Value.Dispose();
    }
}
