namespace TeslaMate.Outgoing.Deliveries;

/// <summary>When a delivery that failed is tried again (spec api 4.2).</summary>
public static class RetrySchedule
{
    /// <summary>After so long without a success a target is turned off.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(5);

    /// <summary>
    /// With fewer failed attempts a delivery keeps its place, and those after it wait with it; with more it steps aside for them. So the order is
    /// kept over half an hour, and an event that a receiver never takes does not hold up the others for days.
    /// </summary>
    public const int AttemptsInOrder = 4;

    static readonly TimeSpan[] Pauses =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>The pause after a failed attempt; null when it was the last one.</summary>
    /// <param name="failed">How many attempts have failed, at least 1.</param>
    /// <param name="asked">How long the receiver asked to be left alone, at most a day; null when it did not say.</param>
    /// <param name="random">Gives numbers from 0 up to 1.</param>
    public static TimeSpan? Pause(int failed, TimeSpan? asked, Func<double> random)
    {
        ArgumentNullException.ThrowIfNull(random);
        if (failed > Pauses.Length)
            return null;
        // What was asked for is the least; the spread goes beyond it only.
        return asked is { } least
            ? TimeSpan.FromTicks(Math.Clamp(least.Ticks, Pauses[0].Ticks, Pauses[^1].Ticks)) * (1 + (0.1 * random()))
            : Pauses[failed - 1] * (0.9 + (0.2 * random()));
    }
}
