using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using TeslaMate.Logbook;

namespace TeslaMate.Vehicles.Loop;

/// <summary>Which cars are being asked right now, and who wants to know. A watcher outlives restarts of its car.</summary>
sealed class BusyBoard
{
    readonly ConcurrentDictionary<CarId, bool> _busy = new();
    readonly ConcurrentDictionary<Channel<bool>, CarId> _watchers = new();

    public bool IsBusy(CarId car) => _busy.GetValueOrDefault(car);

    public void Set(CarId car, bool isBusy)
    {
        if (_busy.TryGetValue(car, out var before) && before == isBusy)
            return;
        _busy[car] = isBusy;
        foreach (var (channel, watched) in _watchers)
        {
            if (watched == car)
                channel.Writer.TryWrite(isBusy);
        }
    }

    public async IAsyncEnumerable<bool> WatchAsync(CarId car, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        _watchers.TryAdd(channel, car);
        try
        {
            yield return IsBusy(car);
            await foreach (var isBusy in channel.Reader.ReadAllAsync(cancellationToken))
                yield return isBusy;
        }
        finally
        {
            _watchers.TryRemove(channel, out _);
        }
    }
}
