namespace TeslaMate.Configuration.Health;

/// <summary>
/// Where the program's loops report that they turn. The service manager's watchdog is fed only while every registered loop has turned within the
/// pause it announced; a loop that hangs therefore ends in a restart of the program. An outage of the database, the broker or Tesla is no hang: a
/// loop that waits for one of them goes on beating.
/// </summary>
public interface IHeartbeats
{
    /// <summary>Registers a loop, which counts as having turned just now.</summary>
    /// <param name="loop">Its name in the journal, for example <c>car 1</c>.</param>
    /// <param name="longestPause">The longest time from one turn to the next, the longest operation within a turn included; positive.</param>
    IHeartbeat Start(string loop, TimeSpan longestPause);
}

/// <summary>One loop's heartbeat; disposing it says that the loop has ended in an orderly way.</summary>
public interface IHeartbeat : IDisposable
{
    /// <summary>The loop has turned. Cheap, thread-safe.</summary>
    void Beat();

    /// <summary>
    /// The loop has turned, and from now on its pauses last up to <paramref name="longestPause"/> (a sleeping car is asked less often).
    /// </summary>
    void Beat(TimeSpan longestPause);
}
