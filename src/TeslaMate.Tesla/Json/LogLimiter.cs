using System.Collections.Concurrent;

namespace TeslaMate.Tesla.Json;

/// <summary>
/// Lets a log line of one kind through once an hour: Tesla repeats its oddities every few seconds. Kinds are words of this program, never of the
/// wire, so their number is bounded.
/// </summary>
sealed class LogLimiter(TimeProvider time)
{
    static readonly TimeSpan Silence = TimeSpan.FromHours(1);
    readonly ConcurrentDictionary<(string Subject, string Kind), long> _said = new();

    public bool ShouldLog(string subject, string kind)
    {
        var now = time.GetTimestamp();
        while (true)
        {
            if (_said.TryAdd((subject, kind), now))
                return true;
            if (!_said.TryGetValue((subject, kind), out var last))
                continue;
            if (time.GetElapsedTime(last, now) < Silence)
                return false;
            if (_said.TryUpdate((subject, kind), now, last))
                return true;
        }
    }
}
