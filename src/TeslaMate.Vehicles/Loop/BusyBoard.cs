using System.Collections.Concurrent;
using TeslaMate.Configuration;
using TeslaMate.Logbook;

namespace TeslaMate.Vehicles.Loop;

/// <summary>Which cars are being asked right now, and who wants to know. A watcher outlives restarts of its car.</summary>
sealed class BusyBoard
{
    readonly ConcurrentDictionary<CarId, bool> _busy = new();
    readonly ConcurrentDictionary<CarId, Broadcast<bool>> _watchers = new();

    public bool IsBusy(CarId car) => _busy.GetValueOrDefault(car);

    public void Set(CarId car, bool isBusy)
    {
        if (_busy.TryGetValue(car, out var before) && before == isBusy)
            return;
        _busy[car] = isBusy;
        WatchersOf(car).Publish(isBusy);
    }

    public IAsyncEnumerable<bool> WatchAsync(CarId car, CancellationToken cancellationToken)
        => WatchersOf(car).WatchAsync(() => IsBusy(car), cancellationToken);

    Broadcast<bool> WatchersOf(CarId car) => _watchers.GetOrAdd(car, _ => new(capacity: 1));
}
