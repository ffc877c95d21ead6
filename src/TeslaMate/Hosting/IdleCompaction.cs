using TeslaMate.Configuration;
using TeslaMate.Logbook;

namespace TeslaMate.Hosting;

/// <summary>
/// Gives memory back to the system when work is over. The garbage collector runs when something is allocated, and sizes its generations by the
/// processor's cache and what a burst kept alive: after many pages or messages at once a program that then waits for its cars would keep all of
/// that. While the program is busy the collector decides alone.
/// </summary>
sealed partial class IdleCompaction([FromKeyedServices(Housekeeping.Clock)] TimeProvider time, ILogger<IdleCompaction> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var rule = new IdleCompactionRule(GC.GetTotalAllocatedBytes());
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (rule.IsDue(GC.GetTotalAllocatedBytes()))
                Compact();
        }
    }

    void Compact()
    {
        var (before, began) = (GC.GetGCMemoryInfo().TotalCommittedBytes, time.GetTimestamp());
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Log.Compacted(logger, before >> 20, GC.GetGCMemoryInfo().TotalCommittedBytes >> 20, time.GetElapsedTime(began).TotalMilliseconds);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug,
            Message = "Heap compacted while idle: {BeforeMegabytes} MB committed before, {AfterMegabytes} MB after, {DurationMs:0} ms")]
        public static partial void Compacted(ILogger logger, long beforeMegabytes, long afterMegabytes, double durationMs);
    }
}

/// <summary>
/// When a compaction is worth its pause: at the first quiet interval after a burst, and at one again after <see cref="SecondAfter"/>: the pools of
/// arrays let go of a buffer only at the second collection, half a minute after the one that first saw it unused.
/// </summary>
/// <param name="allocated">Bytes allocated since the process began.</param>
sealed class IdleCompactionRule(long allocated)
{
    /// <summary>Allocations since the last compaction that make another worth while.</summary>
    public const long Burst = 64L << 20;

    /// <summary>Most allocations of an interval in which the program counts as idle; a polled car and a scrape of the metrics stay below.</summary>
    public const long Quiet = 2L << 20;

    /// <summary>Intervals from a first compaction to the second.</summary>
    public const int SecondAfter = 7;

    long _last = allocated;
    long _compacted = allocated;
    int? _untilSecond;

    /// <summary>Whether to compact now; asked once an interval.</summary>
    /// <param name="allocated">Bytes allocated since the process began.</param>
    public bool IsDue(long allocated)
    {
        var isQuiet = allocated - _last <= Quiet;
        _last = allocated;
        if (_untilSecond > 0)
            _untilSecond--;
        if (!isQuiet)
            return false;
        if (allocated - _compacted >= Burst)
            _untilSecond = SecondAfter;
        else if (_untilSecond == 0)
            _untilSecond = null;
        else
            return false;
        _compacted = allocated;
        return true;
    }
}
