namespace TeslaMate.Telemetry.Inbox;

/// <summary>
/// What was received before a stop is still stored: its token is cancelled some seconds after the one it follows.
/// </summary>
sealed class Grace : IDisposable
{
    static readonly TimeSpan Length = TimeSpan.FromSeconds(3);

    readonly ITimer _timer;
    readonly CancellationTokenSource _end = new();
    readonly CancellationTokenRegistration _stop;

    public Grace(TimeProvider time, CancellationToken stopping)
    {
        _timer = time.CreateTimer(_ => _end.Cancel(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _stop = stopping.UnsafeRegister(_ => _timer.Change(Length, Timeout.InfiniteTimeSpan), null);
    }

    public CancellationToken Token => _end.Token;

    public void Dispose()
    {
        _stop.Dispose();
        _timer.Dispose();
        _end.Dispose();
    }
}
