using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace TeslaMate.Tests.Simulator.Clocks;

/// <summary>
/// Whether this process has anything to do: no thread of the pool works, no request or statement waits for its answer, no database connection is
/// being opened, and it has been so for a moment.
/// </summary>
/// <param name="waitingOnPurpose">How many requests of this process somebody lets wait until the clock moves.</param>
/// <param name="messages">Counts messages that may still be on their way; after a new one the quiet has to last longer.</param>
/// <param name="alwaysAtWork">How many threads of the pool are blocked for the whole run; null to find out at the first question.</param>
sealed class Quietness(Func<int> waitingOnPurpose, Func<long> messages, int? alwaysAtWork = null) : IDisposable
{
    static readonly TimeSpan Moment = TimeSpan.FromMicroseconds(40);
    static readonly TimeSpan MessageMoment = TimeSpan.FromMicroseconds(400);

    readonly MeterListener _requestMeter = new();
    readonly ActivityListener _database = new();
    readonly ConcurrentDictionary<Activity, bool> _statements = new(ReferenceEqualityComparer.Instance);
    int _alwaysAtWork = alwaysAtWork ?? -1;
    int _requests;
    int _statementCount;
    long _messages;

    /// <summary>Requests of this process that wait for an answer.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Starts to count requests; those that are under way already are not known.</summary>
    public Quietness Start()
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

    public bool Holds()
    {
        if (_alwaysAtWork < 0)
            _alwaysAtWork = LeastAtWork();
        if (!HoldsNow())
            return false;
        var sent = messages();
        var began = TimeProvider.System.GetTimestamp();
        var moment = sent == _messages ? Moment : MessageMoment;
        while (TimeProvider.System.GetElapsedTime(began) < moment)
        {
            Thread.SpinWait(20);
            if (!HoldsNow())
                return false;
        }

        if (messages() != sent)
            return false;
        _messages = sent;
        return true;
    }

    /// <summary>What keeps it from being quiet, for the message of a test that waits in vain.</summary>
    public override string ToString()
        => $"{AtWork()} threads at work ({_alwaysAtWork} always), {ThreadPool.PendingWorkItemCount} work items, {Volatile.Read(ref _statementCount)} "
            + $"statements and opening connections, {Requests} requests ({waitingOnPurpose()} kept waiting)"
            + string.Concat(_statements.Keys.Select(statement => $"\n{statement.DisplayName} {string.Join(' ', statement.TagObjects)}"));

    public void Dispose()
    {
        _database.Dispose();
        _requestMeter.Dispose();
    }

    bool HoldsNow()
        => AtWork() <= _alwaysAtWork && ThreadPool.PendingWorkItemCount == 0 && Volatile.Read(ref _statementCount) == 0
            && Requests == waitingOnPurpose();

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
