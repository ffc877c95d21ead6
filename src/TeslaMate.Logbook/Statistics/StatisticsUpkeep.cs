using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Logbook.Statistics;

/// <summary>
/// Keeps the statistics after each drive and charge, and every five minutes what came by another way: an import, a correction, another instance.
/// Nothing waits for it, since the measures compute what is not kept yet.
/// </summary>
sealed partial class StatisticsUpkeep(StatisticsStore store, TimeProvider time, ILogger<StatisticsUpkeep> logger, IHeartbeats? heartbeats = null)
    : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    static readonly TimeSpan Recent = TimeSpan.FromDays(3);

    static readonly TimeSpan WholeInterval = TimeSpan.FromDays(1);

    readonly Channel<bool> _closed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>A drive or charge closed.</summary>
    public void Closed() => _closed.Writer.TryWrite(true);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats?.Start("statistics", TimeSpan.FromHours(6));
        DateTimeOffset? whole = null;
        while (true)
        {
            var now = time.GetUtcNow();
            try
            {
                if (whole is { } last && now - last < WholeInterval)
                {
                    await store.RefreshAsync(now - Recent, null, stoppingToken);
                }
                else
                {
                    await store.RefreshAsync(null, null, stoppingToken);
                    await store.ForgetDeletedAsync(stoppingToken);
                    whole = now;
                }
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                Log.DatabaseAway(logger, exception.Message);
            }

            heartbeat?.Beat();
            await WaitAsync(stoppingToken);
        }
    }

    async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var tick = Task.Delay(Interval, time, timeout.Token);
        var closed = _closed.Reader.WaitToReadAsync(timeout.Token).AsTask();
        await Task.WhenAny(tick, closed);
        await timeout.CancelAsync();
        await Task.WhenAll(tick, closed).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        stoppingToken.ThrowIfCancellationRequested();
        _closed.Reader.TryRead(out _);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Statistics wait for the database: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);
    }
}
