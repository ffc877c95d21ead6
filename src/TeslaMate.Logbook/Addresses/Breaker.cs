namespace TeslaMate.Logbook.Addresses;

/// <summary>Opens for a while after too many failures in a short time, so that a sick service is left alone.</summary>
/// <param name="tolerance">How many failures within <paramref name="window"/> are forgiven; the next one opens.</param>
sealed class Breaker(int tolerance, TimeSpan window, TimeSpan rest, TimeProvider time)
{
    readonly Lock _lock = new();
    readonly Queue<DateTimeOffset> _failures = [];
    DateTimeOffset _closedFrom = DateTimeOffset.MinValue;

    public bool IsOpen
    {
        get
        {
            lock (_lock)
                return time.GetUtcNow() < _closedFrom;
        }
    }

    public void Fail()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            _failures.Enqueue(now);
            while (_failures.Peek() <= now - window)
                _failures.Dequeue();
            if (_failures.Count <= tolerance)
                return;
            _failures.Clear();
            _closedFrom = now + rest;
        }
    }
}
