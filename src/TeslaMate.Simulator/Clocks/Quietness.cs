using System.Diagnostics.Metrics;

namespace TeslaMate.Simulator.Clocks;

/// <summary>
/// Whether this process has anything to do: no thread of the pool works, no request or statement waits for its answer, and it has been so for a moment.
/// </summary>
/// <param name="connectionsInUse">How many database connections are at work, in transactions for example.</param>
/// <param name="waitingOnPurpose">How many requests of this process somebody lets wait until the clock moves.</param>
/// <param name="messages">Counts messages that may still be on their way; after a new one the quiet has to last longer.</param>
public sealed class Quietness(Func<int> connectionsInUse, Func<int> waitingOnPurpose, Func<long> messages) : IDisposable
{
    static readonly TimeSpan Moment = TimeSpan.FromMicroseconds(40);
    static readonly TimeSpan MessageMoment = TimeSpan.FromMicroseconds(400);

    readonly MeterListener _listener = new();
    int _alwaysAtWork = -1;
    int _requests;
    int _statements;
    long _messages;

    /// <summary>Requests of this process that wait for an answer.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Starts to count requests; those that are under way already are not known.</summary>
    public Quietness Start()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" }
                or { Meter.Name: "Npgsql", Name: "db.client.operation.npgsql.executing" })
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((_, change, _, _) => Interlocked.Add(ref _statements, change));
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _requests, (int)change));
        _listener.Start();
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
        => $"{AtWork()} threads at work ({_alwaysAtWork} always), {ThreadPool.PendingWorkItemCount} work items, {Volatile.Read(ref _statements)} statements, "
            + $"{Requests} requests ({waitingOnPurpose()} kept waiting), {connectionsInUse()} connections in use";

    public void Dispose() => _listener.Dispose();

    bool HoldsNow()
        => AtWork() <= _alwaysAtWork && ThreadPool.PendingWorkItemCount == 0 && Volatile.Read(ref _statements) == 0
            && Requests == waitingOnPurpose() && connectionsInUse() == 0;

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
