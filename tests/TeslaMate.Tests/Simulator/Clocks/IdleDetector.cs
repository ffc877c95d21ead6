using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TeslaMate.Tests.Simulator.Clocks;

/// <summary>
/// Says when a <see cref="SteppedTime"/> may jump: everything that the last jump set going has ended, and all that is left waits for a timer. Nobody
/// counts the tasks of a whole program, so this looks at what work in progress cannot do without: a thread of the pool, a work item in its queue, an
/// HTTP request or a statement that waits for its answer, a database connection that is being opened. Work passes from one to the next of these and
/// may be between them for some microseconds, so none may be seen for a moment longer than that. A wrong "idle" lets the clock jump too early, which
/// a test sees as an event at another time, never as a hang; a wrong "busy" costs some microseconds.
/// </summary>
/// <param name="waitingOnPurpose">How many requests of this process somebody lets wait until the clock moves; they are no work.</param>
/// <param name="messages">Counts messages of WebSockets, which nothing here sees on their way; after a new one the moment is longer.</param>
/// <param name="alwaysAtWork">How many threads of the pool are blocked for the whole run; null to find out at the first question.</param>
sealed class IdleDetector(Func<int> waitingOnPurpose, Func<long> messages, int? alwaysAtWork = null) : IDisposable
{
    // Several times what the runtime needs from one thread to the next, or from a socket to a thread.
    static readonly TimeSpan Moment = TimeSpan.FromMicroseconds(40);
    static readonly TimeSpan MessageMoment = TimeSpan.FromMicroseconds(400);

    // Now and then Npgsql tells the first response of a statement and never its end, though all connections rest. None of these tests takes so long.
    static readonly TimeSpan LongestStatement = TimeSpan.FromMinutes(1);

    readonly MeterListener _requestMeter = new();
    readonly ActivityListener _database = new();
    readonly ConcurrentDictionary<Activity, bool> _statements = new(ReferenceEqualityComparer.Instance);
    int _alwaysAtWork = alwaysAtWork ?? -1;
    int _requests;
    int _statementCount;
    long _messages;

    /// <summary>Requests of this process that wait for an answer.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Starts to count requests and statements; those that are under way already are not known.</summary>
    public IdleDetector Start()
    {
        // Npgsql's meters know neither of connections that are being opened nor of statements that break off; its traces do.
        _database.ShouldListenTo = source => source.Name == "Npgsql";
        _database.Sample = (ref _) => ActivitySamplingResult.AllData;
        _database.ActivityStarted = activity =>
        {
            if (_statements.TryAdd(activity, true))
                Interlocked.Increment(ref _statementCount);
        };
        _database.ActivityStopped = activity =>
        {
            if (_statements.TryRemove(activity, out _))
                Interlocked.Decrement(ref _statementCount);
        };
        ActivitySource.AddActivityListener(_database);
        _requestMeter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" })
                listener.EnableMeasurementEvents(instrument);
        };
        _requestMeter.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _requests, (int)change));
        _requestMeter.Start();
        return this;
    }

    /// <summary>Whether the process has had nothing to do for a moment; takes that moment when it has.</summary>
    public bool IsIdle()
    {
        if (_alwaysAtWork < 0)
            _alwaysAtWork = LeastAtWork();
        if (!IsIdleNow())
            return false;
        var sent = messages();
        var began = TimeProvider.System.GetTimestamp();
        var moment = sent == _messages ? Moment : MessageMoment;
        while (TimeProvider.System.GetElapsedTime(began) < moment)
        {
            Thread.SpinWait(20);
            if (!IsIdleNow())
                return false;
        }

        if (messages() != sent)
            return false;
        _messages = sent;
        return true;
    }

    /// <summary>What keeps it from being idle, for the message of a test that waits in vain.</summary>
    public override string ToString()
        => $"{AtWork()} threads at work ({_alwaysAtWork} always), {ThreadPool.PendingWorkItemCount} work items, {Volatile.Read(ref _statementCount)} "
            + $"statements and opening connections, {Requests} requests ({waitingOnPurpose()} kept waiting)"
            + string.Concat(_statements.Keys.Select(statement => $"\n{statement.DisplayName} {string.Join(' ', statement.TagObjects)}"));

    public void Dispose()
    {
        _database.Dispose();
        _requestMeter.Dispose();
    }

    bool IsIdleNow()
        => AtWork() <= _alwaysAtWork && ThreadPool.PendingWorkItemCount == 0
            && (Volatile.Read(ref _statementCount) == 0 || _statements.Keys.All(HasNoEnd)) && Requests == waitingOnPurpose();

    static bool HasNoEnd(Activity statement) => TimeProvider.System.GetUtcNow() - statement.StartTimeUtc > LongestStatement;

    // A test runner keeps a thread of the pool or two for itself, blocked for the whole run.
    static int LeastAtWork()
    {
        var least = int.MaxValue;
        for (var i = 0; i < 100; i++)
        {
            least = Math.Min(least, AtWork());
            Thread.Yield();
            Thread.SpinWait(10_000);
        }

        return least;
    }

    static int AtWork()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var available, out _);
        return most - available;
    }
}
