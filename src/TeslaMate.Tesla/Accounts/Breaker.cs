namespace TeslaMate.Tesla.Accounts;

/// <summary>Counts events within a sliding window (spec tesla-api 6). Not thread-safe.</summary>
/// <param name="limit">More than so many within the window, and it is blown.</param>
/// <param name="window">An event exactly so old does not count any more.</param>
sealed class Breaker(int limit, TimeSpan window, TimeProvider time)
{
    readonly Queue<long> _melts = new();

    /// <returns>Whether this event was one too many.</returns>
    public bool Melt()
    {
        var now = time.GetTimestamp();
        while (_melts.TryPeek(out var oldest) && time.GetElapsedTime(oldest, now) >= window)
            _melts.Dequeue();
        _melts.Enqueue(now);
        return _melts.Count > limit;
    }

    public void Reset() => _melts.Clear();
}
