namespace TeslaMate.Simulator.Clocks;

/// <summary>A clock that starts where it is told to and runs <paramref name="factor"/> times as fast as <paramref name="real"/>.</summary>
/// <param name="start">What it shows now.</param>
/// <param name="factor">Greater than 0.</param>
public sealed class FastTime(DateTimeOffset start, double factor, TimeProvider real) : TimeProvider
{
    readonly long _began = real.GetTimestamp();

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => start + Elapsed;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        => new FastTimer(real.CreateTimer(callback, state, Shorter(dueTime), Shorter(period)), Shorter);

    TimeSpan Elapsed => real.GetElapsedTime(_began) * factor;

    TimeSpan Shorter(TimeSpan span) => span == Timeout.InfiniteTimeSpan || span == TimeSpan.Zero
        ? span
        : TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(span.TotalMilliseconds / factor)));

    sealed class FastTimer(ITimer timer, Func<TimeSpan, TimeSpan> shorter) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(shorter(dueTime), shorter(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
