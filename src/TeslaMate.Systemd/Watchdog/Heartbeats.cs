using System.Collections.Concurrent;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Systemd.Watchdog;

/// <summary>The registry of the program's loops.</summary>
public sealed class Heartbeats(TimeProvider time) : IHeartbeats
{
    readonly ConcurrentDictionary<Heartbeat, byte> _running = new();

    public IHeartbeat Start(string loop, TimeSpan longestPause)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(longestPause, TimeSpan.Zero);
        var heartbeat = new Heartbeat(this, loop, longestPause);
        _running[heartbeat] = 0;
        return heartbeat;
    }

    /// <summary>The loops that are over their longest pause, each with the time since its last turn; empty while all is well.</summary>
    public IReadOnlyList<(string Loop, TimeSpan SinceLastTurn)> Overdue()
        => [.. _running.Keys
            .Where(heartbeat => heartbeat.SinceLastTurn > heartbeat.LongestPause)
            .Select(heartbeat => (heartbeat.Loop, heartbeat.SinceLastTurn))
            .OrderBy(overdue => overdue.Loop, StringComparer.Ordinal)];

    sealed class Heartbeat(Heartbeats registry, string loop, TimeSpan longestPause) : IHeartbeat
    {
        long _lastTurn = registry.Clock.GetTimestamp();
        long _longestPause = longestPause.Ticks;

        public string Loop => loop;

        public TimeSpan LongestPause => TimeSpan.FromTicks(Volatile.Read(ref _longestPause));

        public TimeSpan SinceLastTurn => registry.Clock.GetElapsedTime(Volatile.Read(ref _lastTurn));

        public void Beat() => Volatile.Write(ref _lastTurn, registry.Clock.GetTimestamp());

        public void Beat(TimeSpan longestPause)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(longestPause, TimeSpan.Zero);
            // The new turn first: between the two lines an old turn must not be judged by a shorter pause.
            Beat();
            Volatile.Write(ref _longestPause, longestPause.Ticks);
        }

        public void Dispose() => registry._running.TryRemove(this, out _);
    }

    TimeProvider Clock => time;
}
