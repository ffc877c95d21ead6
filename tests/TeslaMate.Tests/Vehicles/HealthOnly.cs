using TeslaMate.Logbook;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Vehicles;

/// <summary>Cars that can only be asked how they are.</summary>
abstract class HealthOnly : IVehicles
{
    public abstract IReadOnlyList<VehicleHealth> Health { get; }

    public virtual VehicleHealth? HealthOf(CarId car) => Health.FirstOrDefault(health => health.Car == car);

    public Task<IReadOnlyList<Summary>> ListAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<Summary?> SummaryAsync(CarId car, CancellationToken cancellationToken) => throw new NotSupportedException();

    public bool IsBusy(CarId car) => throw new NotSupportedException();

    public IAsyncEnumerable<bool> WatchBusyAsync(CarId car, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<bool> ResumeLoggingAsync(CarId car, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<SuspendAnswer> SuspendLoggingAsync(CarId car, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task RestartAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
