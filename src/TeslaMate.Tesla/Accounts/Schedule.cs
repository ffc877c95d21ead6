using System.Globalization;

namespace TeslaMate.Tesla.Accounts;

/// <summary>When tokens are refreshed (spec tesla-api 7.4).</summary>
static class Schedule
{
    /// <summary>What is assumed of a stored token that could not be refreshed at start-up.</summary>
    public static readonly TimeSpan AssumedLifetime = TimeSpan.FromSeconds(600);

    /// <summary>What Tesla's tokens live, for those that do not say and came from another instance just now.</summary>
    public static readonly TimeSpan UsualLifetime = TimeSpan.FromHours(8);

    // Keeps an answer with a lifetime of next to nothing from becoming a loop.
    static readonly TimeSpan ShortestDelay = TimeSpan.FromSeconds(30);

    static readonly TimeSpan Retry = TimeSpan.FromMinutes(5);

    /// <summary>Three quarters of a lifetime, in whole seconds.</summary>
    public static TimeSpan Delay(TimeSpan lifetime)
    {
        var delay = TimeSpan.FromSeconds(Math.Round(0.75 * lifetime.TotalSeconds, MidpointRounding.AwayFromZero));
        return delay > ShortestDelay ? delay : ShortestDelay;
    }

    /// <summary>After a refresh that failed: five minutes and up to one more, so that instances do not march in step.</summary>
    /// <param name="chance">From 0 up to 1.</param>
    public static TimeSpan RetryDelay(double chance) => Retry + TimeSpan.FromSeconds(Math.Floor(60 * chance));

    /// <summary>
    /// For a token read at start-up: when it is due by its own dates, or null when these say nothing, or that it is due now. The clock of a small
    /// computer without a battery may be wrong at start-up; a token from the future is not trusted.
    /// </summary>
    public static DateTimeOffset? DueBy(AccessToken token, DateTimeOffset now)
    {
        if (token is not { IssuedAt: { } issued, ExpiresAt: { } expires } || issued > now + TimeSpan.FromMinutes(5) || expires <= issued)
            return null;
        var due = issued + Delay(expires - issued);
        return due > now ? due : null;
    }

    /// <summary>The two largest units of a duration, as in <c>1 d 4 h</c>; seconds only below a minute.</summary>
    public static string Describe(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        (string Unit, long Count)[] units =
        [
            ("wk", seconds / 604_800), ("d", seconds / 86_400 % 7), ("h", seconds / 3_600 % 24), ("min", seconds / 60 % 60),
        ];
        var parts = units.Where(part => part.Count > 0).Take(2)
            .Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Count} {part.Unit}")).ToList();
        return parts.Count > 0 ? string.Join(' ', parts) : string.Create(CultureInfo.InvariantCulture, $"{seconds} s");
    }
}
