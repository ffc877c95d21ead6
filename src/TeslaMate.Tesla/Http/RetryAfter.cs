using System.Globalization;
using System.Numerics;

namespace TeslaMate.Tesla.Http;

/// <summary>Header <c>Retry-After</c>, in seconds or as an HTTP date, never below a second nor above a day.</summary>
static class RetryAfter
{
    static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>What Tesla's limit on requests lasts when it does not say.</summary>
    public static readonly TimeSpan Unsaid = TimeSpan.FromSeconds(300);

    public static TimeSpan Read(string? header, DateTimeOffset now)
    {
        var text = header?.Trim();
        if (string.IsNullOrEmpty(text))
            return Unsaid;
        if (text.Length < 100 && BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            return TimeSpan.FromSeconds((double)BigInteger.Max(1, BigInteger.Min(86_400, seconds)));
        return DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? TimeSpan.FromTicks(Math.Clamp((date - now).Ticks, Shortest.Ticks, Longest.Ticks))
            : Unsaid;
    }
}
