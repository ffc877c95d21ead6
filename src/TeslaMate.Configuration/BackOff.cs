namespace TeslaMate.Configuration;

/// <summary>The pauses between attempts at something that failed, the same for all parts of the program.</summary>
public static class BackOff
{
    /// <summary>The pause before repetition <paramref name="attempt"/> (from 0): doubling up to a longest, spread by a fifth either way.</summary>
    /// <param name="random">Gives numbers from 0 up to 1.</param>
    public static TimeSpan Pause(int attempt, TimeSpan first, TimeSpan longest, Func<double> random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return TimeSpan.FromSeconds(Math.Min(first.TotalSeconds * Math.Pow(2, attempt), longest.TotalSeconds) * (0.8 + (0.4 * random())));
    }
}
