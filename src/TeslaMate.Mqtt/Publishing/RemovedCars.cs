using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Mqtt.Discovery;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>
/// Finds out which cars are logged no more, and has their traces removed from the broker: the announcement of a car that is not logged (spec mqtt
/// 14.5), the values too of one that the database has no more.
/// </summary>
sealed partial class RemovedCars(
    ICars cars, IVehicles vehicles, SummaryPublisher summaries, DiscoveryPublisher discovery, TimeProvider time, ILogger<RemovedCars> logger)
        : BackgroundService
{
    // While the account's cars are listed again, or a database is restored, none is running or none is stored for a moment; twice in a row counts.
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    HashSet<CarId> _missing = [];
    HashSet<CarId> _removed = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                Compare(await cars.ListAsync(stoppingToken));
            }
            catch (DbException exception)
            {
                Log.CarsUnknown(logger, exception.Message);
            }
        }
    }

    void Compare(IReadOnlyList<Car> stored)
    {
        var running = vehicles.Health.Select(vehicle => vehicle.Car).ToHashSet();
        // Before the first list of the account nothing runs, and a database without cars is one that is being restored.
        if (stored.Count == 0 || (running.Count == 0 && stored.Any(car => car.Settings.Enabled)))
        {
            _missing = [];
            return;
        }

        var known = stored.Select(car => car.Id).ToHashSet();
        var deleted = summaries.Cars.Where(car => !known.Contains(car)).ToHashSet();
        HashSet<CarId> missing = [.. known.Except(running), .. deleted];
        foreach (var car in missing.Intersect(_missing).Except(_removed))
        {
            discovery.Withdraw(car);
            if (deleted.Contains(car))
                summaries.Clear(car);
        }

        _removed = [.. missing.Intersect(_missing)];
        _missing = missing;
        foreach (var car in known)
            summaries.Resume(car);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "MQTT: whether cars were removed is not known, the database cannot be asked: {Reason}")]
        public static partial void CarsUnknown(ILogger logger, string reason);
    }
}
