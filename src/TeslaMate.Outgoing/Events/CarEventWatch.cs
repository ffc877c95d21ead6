using Microsoft.Extensions.Hosting;
using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Events;

/// <summary>
/// Looks at every car when it says something new, and every ten seconds for what time alone brings, and publishes what <see cref="CarEvents"/>
/// makes of it. It follows the summaries as pages and MQTT do, so nothing here is on the way of logging.
/// </summary>
sealed partial class CarEventWatch(
    SummaryHub hub, IVehicles vehicles, CarMemories memories, IOutgoingEvents outgoing, EventSettings settings, TimeProvider time,
    ILogger<CarEventWatch> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    static readonly TimeSpan LastSave = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(
            Job.KeepRunningAsync(FollowAsync, time, logger, stoppingToken),
            Job.KeepRunningAsync(LookAgainAsync, time, logger, stoppingToken),
            Job.KeepRunningAsync(FollowRemovalsAsync, time, logger, stoppingToken));
        using var limit = new CancellationTokenSource(LastSave, time);
        await TryAsync(() => memories.SaveAsync(limit.Token), limit.Token);
    }

    async Task FollowAsync(CancellationToken stoppingToken)
    {
        await foreach (var summary in hub.WatchAllAsync(stoppingToken))
            await LookAsync(summary, stoppingToken);
    }

    async Task LookAgainAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var summary in hub.All)
                await LookAsync(summary, stoppingToken);
            await TryAsync(() => memories.SaveAsync(stoppingToken), stoppingToken);
        }
    }

    async Task FollowRemovalsAsync(CancellationToken stoppingToken)
    {
        await foreach (var car in hub.WatchRemovedAsync(stoppingToken))
            await TryAsync(() => memories.ForgetAsync(car, stoppingToken), stoppingToken);
    }

    Task LookAsync(Summary summary, CancellationToken cancellationToken) => TryAsync(
        () => memories.UseAsync(
            summary.Car.Id,
            (memory, since) =>
            {
                var health = vehicles.HealthOf(summary.Car.Id);
                var (next, events) = CarEvents.Look(memory, new CarView(summary, health, since, settings.BatteryLowPct), time.GetUtcNow());
                foreach (var happened in events)
                    outgoing.Publish(happened);
                return next;
            },
            cancellationToken),
        cancellationToken);

    /// <summary>What needs the database waits for the next turn when that is away.</summary>
    async Task TryAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (exception.IsDatabaseFailure() && !cancellationToken.IsCancellationRequested)
        {
            Log.Away(logger, exception.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "What was told of the cars is not saved or read now: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}
