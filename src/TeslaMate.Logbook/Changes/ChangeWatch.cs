using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Settings;

namespace TeslaMate.Logbook.Changes;

/// <summary>
/// Reads the three small tables that the cars are logged by every 15 s: other instances, and people with a database client, change them too. A
/// change made here is known at once. (A notification would be sooner, but takes a connection for itself, and pools of one exist.)
/// </summary>
sealed partial class ChangeWatch(
    CarRegister cars, GeofenceBook geofences, GlobalSettingsRow settings, [FromKeyedServices(Housekeeping.Clock)] TimeProvider time,
    ILogger<ChangeWatch> logger, IHeartbeats? heartbeats = null)
    : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>The first reading comes before the cars start, so that they know their fences; an outage does not hold up the start.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TryRefreshAsync(cancellationToken);
        }
        catch (InvalidOperationException)
        {
            // The settings have no row, or several; the loop says so.
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats?.Start("change watch", TimeSpan.FromMinutes(5));
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            heartbeat?.Beat();
            await TryRefreshAsync(stoppingToken);
        }
    }

    async Task TryRefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await settings.RefreshAsync(cancellationToken);
            await geofences.RefreshAsync(cancellationToken);
            await cars.RefreshAsync(cancellationToken);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            Log.Failed(logger, exception.Message);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Cars, geofences and settings stay as they were last read: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
