namespace TeslaMate.Vehicles.Supervision;

static class BackOff
{
    /// <summary>The pause before repetition <paramref name="attempt"/> (from 0): doubling up to a longest, spread by a fifth either way.</summary>
    public static TimeSpan Pause(int attempt, TimeSpan first, TimeSpan longest, Func<double> random)
        => TimeSpan.FromSeconds(Math.Min(first.TotalSeconds * Math.Pow(2, attempt), longest.TotalSeconds) * (0.8 + (0.4 * random())));
}
