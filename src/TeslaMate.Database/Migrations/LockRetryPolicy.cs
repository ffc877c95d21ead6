namespace TeslaMate.Database.Migrations;

/// <summary>
/// How a version waits for tables that others read. A lock that is asked for makes everybody behind it wait as well, so it is asked for briefly, and
/// again after a pause in which the others go on.
/// </summary>
/// <param name="Wait">How long the lock is asked for.</param>
/// <param name="Pause">How long the others go on before the next attempt.</param>
/// <param name="Attempts">After so many the run gives up.</param>
sealed record LockRetryPolicy(TimeSpan Wait, TimeSpan Pause, int Attempts)
{
    /// <summary>How long it takes until the run gives up.</summary>
    public TimeSpan Total => (Wait + Pause) * Attempts;

    /// <summary>Five minutes in all.</summary>
    public static LockRetryPolicy Default { get; } = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), 60);
}
