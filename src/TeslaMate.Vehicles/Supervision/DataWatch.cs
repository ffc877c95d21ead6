using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;

namespace TeslaMate.Vehicles.Supervision;

/// <summary>Notices when a car's data stops arriving and tells the journal, once, then ever more rarely; and tells when it is back.</summary>
sealed partial class DataWatch(IVehicles vehicles, TimeProvider time, ILogger<DataWatch> logger) : BackgroundService
{
    static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    // Longer than the pauses that let a car sleep and than Tesla's usual rate limits.
    static readonly TimeSpan Silence = TimeSpan.FromMinutes(30);
    static readonly TimeSpan LongestReminder = TimeSpan.FromHours(24);

    readonly Dictionary<CarId, Watched> _cars = [];

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            LookAtAll();
    }

    /// <summary>Looks at every car once.</summary>
    internal void LookAtAll()
    {
        var now = time.GetUtcNow();
        foreach (var health in vehicles.Health)
        {
            var car = _cars.GetValueOrDefault(health.Car) ?? new Watched(now, Told: null, Reminder: Silence);
            // A car that has not answered yet is silent since it was first seen here.
            var last = health.LastGoodAnswer is { } answer && answer > car.Seen ? answer : car.Seen;
            var silence = now - last;
            if (silence < Silence && car.Told is not null)
            {
                Log.Back(logger, health.Car.Value);
                car = car with { Told = null, Reminder = Silence };
            }
            else if (silence >= Silence && !(now - car.Told < car.Reminder) && !health.IsStandby)
            {
                Log.Silent(logger, health.Car.Value, silence.TotalMinutes, health.LastError ?? "no request failed");
                car = car with { Told = now, Reminder = car.Reminder * 4 < LongestReminder ? car.Reminder * 4 : LongestReminder };
            }

            _cars[health.Car] = car;
        }
    }

    sealed record Watched(DateTimeOffset Seen, DateTimeOffset? Told, TimeSpan Reminder);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId} has not given a usable answer for {SilenceMin:0} min ({LastError})")]
        public static partial void Silent(ILogger logger, short carId, double silenceMin, string lastError);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId} answers again")]
        public static partial void Back(ILogger logger, short carId);
    }
}
