using System.Collections.Concurrent;

namespace TeslaMate.Tesla.Streaming;

/// <summary>
/// When the stream of a tag may be connected again, over openings: whoever opens one anew does not begin to count anew. Only a sample shows that the
/// stream works; a greeting, or any other message, does not.
/// </summary>
sealed class Reconnects(TimeProvider time)
{
    readonly ConcurrentDictionary<string, (int Attempts, long NotBefore)> _byTag = new(StringComparer.Ordinal);

    /// <summary>How long to wait before the next connection.</summary>
    public TimeSpan Pause(string tag)
        => _byTag.TryGetValue(tag, out var known) && time.GetElapsedTime(time.GetTimestamp(), known.NotBefore) is var pause && pause > TimeSpan.Zero
            ? pause : TimeSpan.Zero;

    /// <summary>A connection has ended, or was no success.</summary>
    public void End(string tag, ReconnectCause cause) => _byTag.AddOrUpdate(tag, Next(default, cause), (_, known) => Next(known, cause));

    /// <summary>There was a sample.</summary>
    public void Reset(string tag) => _byTag.TryRemove(tag, out _);

    (int Attempts, long NotBefore) Next((int Attempts, long NotBefore) known, ReconnectCause cause)
    {
        // Silence has a pace of its own, and a parked car has nothing to say.
        var attempts = cause is ReconnectCause.Silence ? known.Attempts : Math.Min(known.Attempts + 1, 100);
        return (attempts, Math.Max(known.NotBefore, In(Dialogue.ReconnectDelay(cause, attempts))));
    }

    long In(TimeSpan pause) => time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
}
