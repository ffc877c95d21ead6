using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Logbook.Leases;

/// <summary>Renews the leases every 5 s, a quarter of their length: three renewals may fail before another instance takes over.</summary>
sealed partial class LeaseRenewal(CarLeases leases, [FromKeyedServices(Housekeeping.Clock)] TimeProvider time, ILogger<LeaseRenewal> logger,
    IHeartbeats? heartbeats = null) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats?.Start("lease renewal", TimeSpan.FromMinutes(3));
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            heartbeat?.Beat();
            try
            {
                await leases.RenewAsync(stoppingToken);
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                Log.Failed(logger, exception.Message);
            }
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The leases were not renewed: {Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
