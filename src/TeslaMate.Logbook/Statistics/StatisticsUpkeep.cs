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

    readonly AsyncAutoResetEvent _closed = new();

    /// <summary>A drive or charge closed.</summary>
    public void Closed() => _closed.Set();

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
            await _closed.WaitAsync(Interval, time, stoppingToken);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Statistics wait for the database: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);
    }
}
