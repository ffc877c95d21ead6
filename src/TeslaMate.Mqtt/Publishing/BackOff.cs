namespace TeslaMate.Mqtt.Publishing;

/// <summary>The pauses between attempts to connect.</summary>
static class BackOff
{
    static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>The pause before attempt <paramref name="attempt"/> (from 0): doubling up to half a minute, spread by a fifth either way.</summary>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan Pause(int attempt, double chance)
        => TimeSpan.FromMilliseconds(Math.Min(First.TotalMilliseconds * Math.Pow(2, Math.Min(attempt, 20)), Longest.TotalMilliseconds) * (0.8 + 0.4 * chance));
}
