using TeslaMate.Logbook;

namespace TeslaMate.Vehicles;

/// <summary>
/// The cars that are logged here, for pages, topics and the HTTP interface. No member waits for Tesla except <see cref="SuspendLoggingAsync"/>.
/// </summary>
public interface IVehicles
{
    /// <summary>The summary of every running car, sorted by display priority, then id.</summary>
    Task<IReadOnlyList<Summary>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The car's summary, also while a request is under way; null when the car is not running.</summary>
    Task<Summary?> SummaryAsync(CarId car, CancellationToken cancellationToken);

    /// <summary>Whether a regular request of the car is under way; false for a car that is not running.</summary>
    bool IsBusy(CarId car);

    /// <summary>
    /// The car's fetch status now, then each change of it (true when a request starts, false when it ends); does not end by itself.
    /// </summary>
    IAsyncEnumerable<bool> WatchBusyAsync(CarId car, CancellationToken cancellationToken);

    /// <summary>
    /// Ends a sleep attempt, or looks at a sleeping car more often for a while (spec vehicle 8). False when the car is not running.
    /// </summary>
    Task<bool> ResumeLoggingAsync(CarId car, CancellationToken cancellationToken);

    /// <summary>Leaves the car alone so that it can fall asleep (spec vehicle 8); asks the car first, so it can take as long as a request.</summary>
    Task<SuspendAnswer> SuspendLoggingAsync(CarId car, CancellationToken cancellationToken);

    /// <summary>
    /// Stops all cars, lists the account's cars again and starts those that are enabled. For a change of account; new cars and settings need none.
    /// </summary>
    Task RestartAsync(CancellationToken cancellationToken);

    /// <summary>What is known about the flow of data from each car, for health checks, metrics and the journal.</summary>
    IReadOnlyList<VehicleHealth> Health { get; }

    /// <summary>The same of one car, at a cost that does not grow with the number of cars; null when the car is not running.</summary>
    VehicleHealth? HealthOf(CarId car);
}
