namespace TeslaMate.Tests.Simulator.Clocks;

/// <summary>
/// A clock that jumps from timer to timer, and only while nobody has anything to do. A month passes in minutes, and since no work ever takes any
/// time, the same script gives the same course of events.
/// </summary>
sealed class SteppedTime : TimeProvider
{
    // Beyond every time-out of the things that are waited for, also on a machine that was asleep for a while.
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(10);

    readonly Lock _lock = new();
    readonly PriorityQueue<Timer, (long Due, long Order)> _timers = new();
    readonly Func<bool> _isIdle;
    readonly List<IOtherClock> _others = [];
    long _order;
    long _now;

    /// <param name="isIdle">Whether nothing is being done in this process at the moment; asked again and again by one thread.</param>
    public SteppedTime(DateTimeOffset start, Func<bool> isIdle)
    {
        _now = start.UtcTicks;
        _isIdle = isIdle;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many times the clock has jumped.</summary>
    public long Steps { get; private set; }

    public override DateTimeOffset GetUtcNow() => new(Volatile.Read(ref _now), TimeSpan.Zero);

    public override long GetTimestamp() => Volatile.Read(ref _now);

    /// <summary>A clock of another process that is to show the same time from now on.</summary>
    internal void Join(IOtherClock other)
    {
        lock (_lock)
            _others.Add(other);
    }

    /// <summary>
    /// Lets <paramref name="span"/> pass; returns when all timers of that time have fired and what they set going has come to rest.
    /// </summary>
    public Task AdvanceAsync(TimeSpan span, CancellationToken cancellationToken = default)
        => AdvanceToAsync(GetUtcNow() + span, cancellationToken);

    /// <inheritdoc cref="AdvanceAsync"/>
    public Task AdvanceToAsync(DateTimeOffset end, CancellationToken cancellationToken = default)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // A thread of its own, because "nothing is being done" means that no thread of the pool is at work.
        var thread = new Thread(() =>
        {
            try
            {
                Step(end.UtcTicks, cancellationToken);
                done.SetResult();
            }
            catch (OperationCanceledException)
            {
                done.SetCanceled(cancellationToken);
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        })
        { IsBackground = true, Name = "stepped clock" };
        thread.Start();
        return done.Task;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    void Step(long end, CancellationToken cancellationToken)
    {
        while (true)
        {
            var next = Math.Min(Rest(cancellationToken), end);
            Steps++;
            MoveTo(next);
            foreach (var other in Others())
                if (!other.TryMoveTo(_now))
                    Forget(other);
            if (next < end)
                continue;
            // What was set going last may have armed a timer for this very moment.
            if (Rest(cancellationToken) > end)
                return;
        }
    }

    /// <summary>Shows <paramref name="now"/> (or stays where it is, when that is past) and fires what is due.</summary>
    internal void MoveTo(long now)
    {
        Volatile.Write(ref _now, Math.Max(now, _now));
        while (TakeDue() is { } timer)
            timer.Fire();
    }

    internal void WaitUntilIdle(CancellationToken cancellationToken)
    {
        var wait = new SpinWait();
        var began = System.GetTimestamp();
        while (!_isIdle())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (System.GetElapsedTime(began) > LongestWait)
                throw new TimeoutException($"No rest within {LongestWait.TotalMinutes} min: {_isIdle.Target}");
            wait.SpinOnce(sleep1Threshold: 50);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    // Waits until nobody is doing anything, and answers when the next timer of anybody is due.
    long Rest(CancellationToken cancellationToken)
    {
        while (true)
        {
            WaitUntilIdle(cancellationToken);
            var next = NextDue();
            var settled = true;
            foreach (var other in Others())
            {
                if (!other.TryRest(out var due))
                    Forget(other);
                else
                    next = Math.Min(next, due);
                settled &= _isIdle();
            }

            // What another process did last may have reached us meanwhile.
            if (settled && next <= NextDue())
                return next;
        }
    }

    IOtherClock[] Others()
    {
        lock (_lock)
            return _others.Count == 0 ? [] : [.. _others];
    }

    void Forget(IOtherClock other)
    {
        lock (_lock)
            _others.Remove(other);
    }

    internal long NextDue()
    {
        lock (_lock)
        {
            while (_timers.TryPeek(out var timer, out var priority))
            {
                if (timer.Due == priority.Due && timer.Order == priority.Order)
                    return priority.Due;
                _timers.Dequeue();
            }

            return long.MaxValue;
        }
    }

    Timer? TakeDue()
    {
        lock (_lock)
        {
            if (NextDue() > _now)
                return null;
            var timer = _timers.Dequeue();
            timer.Rearm();
            return timer;
        }
    }

    // A timer that was changed leaves its old entry in the queue; it is told from the current one by its order.
    void Enqueue(Timer timer)
    {
        timer.Order = ++_order;
        _timers.Enqueue(timer, (timer.Due, timer.Order));
    }

    sealed class Timer(SteppedTime time, TimerCallback callback, object? state) : ITimer
    {
        readonly ExecutionContext? _context = ExecutionContext.Capture();
        long _period;

        public long Due { get; private set; } = long.MaxValue;

        public long Order { get; set; }

        public void Fire()
        {
            if (_context is null)
                callback(state);
            else
                ExecutionContext.Run(_context, _ => callback(state), null);
        }

        public void Rearm()
        {
            Due = long.MaxValue;
            if (_period <= 0)
                return;
            Due = time._now + _period;
            time.Enqueue(this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                _period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : time._now + Math.Max(0, dueTime.Ticks);
                Order = -1;
                if (Due != long.MaxValue)
                    time.Enqueue(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
            {
                Due = long.MaxValue;
                Order = -1;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>The clock of another process, as a <see cref="SteppedTime"/> sees it. False: that process is gone.</summary>
interface IOtherClock
{
    /// <summary>Waits until that process has nothing to do, and answers when its next timer is due, in ticks of UTC.</summary>
    bool TryRest(out long due);

    /// <summary>Makes it show <paramref name="now"/> and fire what is due.</summary>
    bool TryMoveTo(long now);
}
