using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>Forgets changes to the history after <see cref="HistoryChange.Kept"/>, looking once a day.</summary>
sealed partial class HistoryRetention(HistoryEditor editor, TimeProvider time, ILogger<HistoryRetention> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    static readonly TimeSpan IntervalWhileAway = TimeSpan.FromMinutes(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var interval = Interval;
            try
            {
                if (await editor.ForgetOldAsync(stoppingToken) is > 0 and var changes)
                    Log.Forgotten(logger, changes);
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                Log.DatabaseAway(logger, exception.Message);
                interval = IntervalWhileAway;
            }

            await Task.Delay(interval, time, stoppingToken);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{Changes} changes to the history are too old to be undone and are forgotten")]
        public static partial void Forgotten(ILogger logger, int changes);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Old changes to the history wait for the database: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);
    }
}
