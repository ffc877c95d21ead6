using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Drives;

/// <summary>Set when a closed drive has got a position.</summary>
sealed class LateDriveSignal : AsyncAutoResetEvent;

/// <summary>
/// Computes closed drives again that positions came late for: at once, and then at most every ten seconds, however fast they come (spec
/// fleet-telemetry 4.5). Which ones are due stands in the database, committed with the positions, so that what one run leaves is done by the next.
/// </summary>
sealed partial class LateDrives(
    NpgsqlDataSource database, WriterSession session, PostCommitEffects effects, LateDriveSignal signal, TimeProvider time,
    ILogger<LateDrives> logger, IHeartbeats? heartbeats = null) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>What another instance noted, and then did not live to do.</summary>
    static readonly TimeSpan Look = TimeSpan.FromMinutes(5);

    /// <summary>Closing a drive in a table without useful statistics may take long.</summary>
    static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats?.Start("late drives", TimeSpan.FromMinutes(15));
        while (true)
        {
            var isDone = false;
            try
            {
                isDone = await CloseDueAsync(() => heartbeat?.Beat(), stoppingToken) == 0;
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                Log.DatabaseAway(logger, exception.Message);
            }

            heartbeat?.Beat();
            if (isDone)
                await signal.WaitAsync(Look, time, stoppingToken);
            else
                await Task.Delay(Interval, time, stoppingToken);
        }
    }

    /// <summary>Computes all that are due now.</summary>
    /// <returns>How many there were.</returns>
    internal async Task<int> CloseDueAsync(Action beat, CancellationToken cancellationToken)
    {
        List<(CarId Car, DriveId Drive)> due = [];
        await using (var command = database.CreateCommand("select car_id, drive_id from teslamate.late_drives order by drive_id"))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                due.Add((new(reader.GetInt16(0)), new(reader.GetInt32(1))));
        }

        foreach (var (car, drive) in due)
        {
            try
            {
                foreach (var outcome in await session.Writer.RunAsync([.. DriveStatements.CloseAgain(car, drive)], CommandTimeout, cancellationToken))
                    effects.Handle(outcome);
            }
            catch (PostgresException exception) when (DatabaseFailures.Kind(exception) is DatabaseFailure.BadData)
            {
                // It would be refused for ever, and must not keep the others waiting.
                Log.Refused(logger, car.Value, drive.Value, exception.MessageText);
                await session.Writer.RunAsync([DriveStatements.ForgetLate(drive)], CommandTimeout, cancellationToken);
            }

            beat();
        }

        return due.Count;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Drives that got positions late wait for the database: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId}: drive {DriveId} got positions late, but cannot be computed again: {Reason}")]
        public static partial void Refused(ILogger logger, short carId, int driveId, string reason);
    }
}
