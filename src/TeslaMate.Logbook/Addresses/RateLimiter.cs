namespace TeslaMate.Logbook.Addresses;

/// <summary>Lets callers pass one after the other, each no sooner than the pause after the one before.</summary>
sealed class RateLimiter(TimeSpan pause, TimeProvider time) : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);
    long? _last;

    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && pause - time.GetElapsedTime(last) is var rest && rest > TimeSpan.Zero)
                await Task.Delay(rest, time, cancellationToken);
            _last = time.GetTimestamp();
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
