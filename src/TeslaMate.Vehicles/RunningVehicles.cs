using TeslaMate.Logbook;
using TeslaMate.Vehicles.Life;
using TeslaMate.Vehicles.Loop;
using TeslaMate.Vehicles.Supervision;

namespace TeslaMate.Vehicles;

/// <summary>The cars of this instance; asks only what is in memory.</summary>
sealed class RunningVehicles(Supervisor supervisor, BusyBoard busy, TimeProvider time) : IVehicles
{
    public IReadOnlyList<VehicleHealth> Health =>
        [.. supervisor.Runners.OrderBy(runner => runner.Car.Id.Value).Select(runner => HealthOf(runner, runner.Loop?.Vehicle))];

    public VehicleHealth? HealthOf(CarId car) => supervisor.Runner(car) is { } runner ? HealthOf(runner, runner.Loop?.Vehicle) : null;

    public Task<IReadOnlyList<Summary>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Summary>>(
        [.. supervisor.Runners.Select(runner => runner.Summary).OrderBy(summary => summary.Car.DisplayPriority)
            .ThenBy(summary => summary.Car.Id.Value)]);

    public Task<Summary?> SummaryAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult(supervisor.Runner(car)?.Summary);

    public bool IsBusy(CarId car) => busy.IsBusy(car);

    public IAsyncEnumerable<bool> WatchBusyAsync(CarId car, CancellationToken cancellationToken) => busy.WatchAsync(car, cancellationToken);

    public async Task<bool> ResumeLoggingAsync(CarId car, CancellationToken cancellationToken)
    {
        if (supervisor.Runner(car)?.Loop is not { } loop)
            return false;
        try
        {
            await loop.ResumeAsync(cancellationToken);
            return true;
        }
        catch (System.Threading.Channels.ChannelClosedException)
        {
            return false;
        }
    }

    public Task<SuspendAnswer> SuspendLoggingAsync(CarId car, CancellationToken cancellationToken) =>
        supervisor.Runner(car)?.Loop?.SuspendAsync(cancellationToken) ?? Task.FromResult<SuspendAnswer>(new SuspendAnswer.NotRunning());

    public Task RestartAsync(CancellationToken cancellationToken) => supervisor.RestartAsync(cancellationToken);

    VehicleHealth HealthOf(CarRunner runner, Vehicle? vehicle) => vehicle is null
        ? new VehicleHealth(runner.Car.Id, VehicleStateName.Unavailable, runner.IsStandby, null, null, 0, null, StreamConnected: false,
            runner.Restarts, runner.IsStandby)
        : new VehicleHealth(
            vehicle.Car.Id,
            SummaryBuilder.StateOf(vehicle),
            vehicle.IsHealthy(time.GetUtcNow()),
            vehicle.LastGoodAnswer,
            vehicle.LastFullAnswer,
            vehicle.ErrorsInARow,
            vehicle.LastError,
            vehicle.IsStreaming,
            runner.Restarts);
}
