using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Web;

/// <summary>Cars that are what the test says, and do what they are told.</summary>
sealed class FakeVehicles : IVehicles
{
    readonly ConcurrentDictionary<CarId, bool> _busy = new();
    int _listings;
    readonly ConcurrentDictionary<Channel<(CarId Car, bool IsBusy)>, byte> _busyWatchers = new();

    public SummaryHub Hub { get; } = new();

    /// <summary>What a wish to suspend is answered; suspended when null.</summary>
    public SuspendAnswer? Suspending { get; set; }

    /// <summary>How cars are; one that is not named here is not known to anybody.</summary>
    public ConcurrentDictionary<CarId, VehicleHealth> HealthByCar { get; } = new();

    public IReadOnlyList<VehicleHealth> Health
    {
        get
        {
            Interlocked.Increment(ref _listings);
            return [.. HealthByCar.Values];
        }
    }

    /// <summary>How often all cars were asked how they are.</summary>
    public int HealthListings => _listings;

    public VehicleHealth? HealthOf(CarId car) => HealthByCar.GetValueOrDefault(car);

    public static Summary Car(short id = 1, string? name = "Model Y", string vin = "5YJ3E1EA7KF317000",
        VehicleStateName state = VehicleStateName.Online) => new()
        {
            Car = new Car
            {
                Id = new CarId(id),
                Eid = id,
                Vid = id,
                Vin = vin,
                Name = name,
                Model = "Y",
                MarketingName = "LR AWD",
                TrimBadging = "74D",
                Settings = new CarSettings()
            },
            State = state,
            Healthy = true,
            DisplayName = name,
        };

    public void Set(CarId car, bool isBusy)
    {
        _busy[car] = isBusy;
        foreach (var (watcher, _) in _busyWatchers)
            watcher.Writer.TryWrite((car, isBusy));
    }

    public Task<IReadOnlyList<Summary>> ListAsync(CancellationToken cancellationToken) => Task.FromResult(Hub.All);

    public Task<Summary?> SummaryAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult(Hub.Current(car));

    public bool IsBusy(CarId car) => _busy.GetValueOrDefault(car);

    public async IAsyncEnumerable<bool> WatchBusyAsync(CarId car, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var changes = Channel.CreateUnbounded<(CarId Car, bool IsBusy)>();
        _busyWatchers.TryAdd(changes, 0);
        try
        {
            yield return IsBusy(car);
            await foreach (var change in changes.Reader.ReadAllAsync(cancellationToken))
            {
                if (change.Car == car)
                    yield return change.IsBusy;
            }
        }
        finally
        {
            _busyWatchers.TryRemove(changes, out _);
        }
    }

    public Task<bool> ResumeLoggingAsync(CarId car, CancellationToken cancellationToken) => Task.FromResult(Become(car, VehicleStateName.Online));

    public Task<SuspendAnswer> SuspendLoggingAsync(CarId car, CancellationToken cancellationToken)
        => Task.FromResult(Suspending ?? (Become(car, VehicleStateName.Suspended) ? new SuspendAnswer.Suspended() : new SuspendAnswer.NotRunning()));

    public Task RestartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    bool Become(CarId car, VehicleStateName state)
    {
        if (Hub.Current(car) is not { } summary)
            return false;
        Hub.Publish(summary with { State = state });
        return true;
    }
}
