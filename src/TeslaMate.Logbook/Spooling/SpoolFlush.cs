using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Refused;

namespace TeslaMate.Logbook.Spooling;

/// <summary>Brings to the database what waits on disk, as soon as it is back: car by car, in order.</summary>
sealed class SpoolFlush(
    CarLeases leases, [FromKeyedServices(Housekeeping.Clock)] TimeProvider time, ILogger<SpoolFlush> logger, IHeartbeats? heartbeats = null,
    RefusedEntries? refused = null)
    : BackgroundService
{
    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromSeconds(10));

    static readonly TimeSpan LookInterval = TimeSpan.FromMinutes(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        // A chunk may take long when it closes a drive in a table of many millions.
        using var heartbeat = heartbeats?.Start("spool", TimeSpan.FromMinutes(15));
        var failures = 0;
        DateTimeOffset? nextLook = null;
        while (true)
        {
            await Task.Delay(Retries.Pause(failures), time, stoppingToken);
            failures = await FlushAsync(() => heartbeat?.Beat(), stoppingToken) ? 0 : failures + 1;
            if (refused is not null && (nextLook is not { } due || time.GetUtcNow() >= due))
            {
                nextLook = time.GetUtcNow() + LookInterval;
                await LookAtRefusedAsync(refused, stoppingToken);
            }
        }
    }

    /// <summary>Brings refused entries from files to their table, and counts them.</summary>
    async Task LookAtRefusedAsync(RefusedEntries entries, CancellationToken cancellationToken)
    {
        foreach (var log in leases.Logs)
            await log.SubmitRefusedAsync(cancellationToken);
        try
        {
            await entries.RefreshAsync(cancellationToken);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            // The count is as old as the outage.
        }
    }

    /// <summary>One attempt at everything that waits.</summary>
    /// <returns>Whether nothing is left.</returns>
    internal async Task<bool> FlushAsync(Action beat, CancellationToken cancellationToken)
    {
        beat();
        var done = true;
        foreach (var log in leases.Logs)
        {
            while (log.IsWaiting && !log.Lost.IsCancellationRequested)
            {
                beat();
                if (await log.FlushSomeAsync(cancellationToken))
                    continue;
                done = false;
                break;
            }
        }

        return done;
    }
}
