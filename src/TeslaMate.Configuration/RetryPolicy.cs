namespace TeslaMate.Configuration;

/// <summary>
/// How long to wait between attempts at something that failed: the one formula for all parts of the program. It knows no clock and rolls no dice, so
/// that a pure rule can use it.
/// </summary>
/// <param name="First">The pause before the first repetition; greater than zero.</param>
/// <param name="Longest">What pauses grow up to, before chance spreads them; at least <paramref name="First"/>.</param>
public readonly record struct RetryPolicy(TimeSpan First, TimeSpan Longest)
{
    /// <summary>By how much each pause is longer than the one before; at least 1.</summary>
    public double Factor { get; init; } = 2;

    /// <summary>
    /// The share by which chance makes a pause longer or shorter, so that many who failed at once do not come back at once; from 0 up to 1.
    /// </summary>
    public double Spread { get; init; } = 0.2;

    /// <summary>The pause before repetition <paramref name="attempt"/> (from 0; one below that counts as 0).</summary>
    /// <param name="attempt">How many pauses there have been.</param>
    /// <param name="chance">From 0 up to 1; a half is the middle.</param>
    public TimeSpan Pause(int attempt, double chance) => Bounded(attempt) * (1 - Spread + (2 * Spread * chance));

    /// <summary>The pause without chance.</summary>
    public TimeSpan Pause(int attempt) => Bounded(attempt);

    TimeSpan Bounded(int attempt)
        => TimeSpan.FromSeconds(Math.Min(First.TotalSeconds * Math.Pow(Factor, Math.Max(0, attempt)), Longest.TotalSeconds));
}
