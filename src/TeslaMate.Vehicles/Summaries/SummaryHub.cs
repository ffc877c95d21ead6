using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using TeslaMate.Configuration;
using TeslaMate.Logbook;

namespace TeslaMate.Vehicles;

/// <summary>
/// The newest <see cref="Summary"/> of every car, and a way to follow them. A slow watcher misses summaries in between, never the newest, and holds
/// at most one per car.
/// </summary>
public sealed class SummaryHub
{
    readonly ConcurrentDictionary<CarId, Summary> _newest = new();
    readonly ConcurrentDictionary<Watcher, byte> _watchers = new();
    readonly Broadcast<CarId> _removals = new(capacity: 100_000);

    /// <summary>The car's newest summary; null while it is not logged here.</summary>
    public Summary? Current(CarId car) => _newest.GetValueOrDefault(car);

    /// <summary>All cars that are logged here, sorted as lists show them.</summary>
    public IReadOnlyList<Summary> All =>
        [.. _newest.Values.OrderBy(summary => summary.Car.DisplayPriority).ThenBy(summary => summary.Car.Id.Value)];

    /// <summary>The car's current summary, if any, then each newer one; does not end by itself, also when the car disappears and returns.</summary>
    public IAsyncEnumerable<Summary> WatchAsync(CarId car, CancellationToken cancellationToken) => FollowAsync(car, cancellationToken);

    /// <summary>The current summary of every car, then each newer one of any car, those that appear later included; does not end by itself.</summary>
    public IAsyncEnumerable<Summary> WatchAllAsync(CancellationToken cancellationToken) => FollowAsync(car: null, cancellationToken);

    /// <summary>Makes a summary the newest of its car.</summary>
    public void Publish(Summary summary)
    {
        _newest[summary.Car.Id] = summary;
        foreach (var (watcher, _) in _watchers)
            watcher.Offer(summary);
    }

    /// <summary>Every car that from now on is no longer logged here; does not end by itself.</summary>
    public IAsyncEnumerable<CarId> WatchRemovedAsync(CancellationToken cancellationToken) => _removals.WatchAsync(cancellationToken);

    /// <summary>Forgets a car that is no longer logged here.</summary>
    internal void Remove(CarId car)
    {
        if (_newest.TryRemove(car, out _))
            _removals.Publish(car);
    }

    async IAsyncEnumerable<Summary> FollowAsync(CarId? car, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watcher = new Watcher(car);
        _watchers.TryAdd(watcher, 0);
        try
        {
            foreach (var summary in _newest.Values)
                watcher.OfferIfEmpty(summary);
            while (true)
            {
                foreach (var summary in await watcher.TakeAsync(cancellationToken))
                    yield return summary;
            }
        }
        finally
        {
            _watchers.TryRemove(watcher, out _);
        }
    }

    /// <summary>One waiting summary per car, taken together.</summary>
    sealed class Watcher(CarId? only)
    {
        readonly Lock _lock = new();
        readonly AsyncAutoResetEvent _some = new();
        Dictionary<CarId, Summary> _waiting = [];

        public void Offer(Summary summary)
        {
            if (only is { } car && car != summary.Car.Id)
                return;
            lock (_lock)
                _waiting[summary.Car.Id] = summary;
            _some.Set();
        }

        /// <summary>For the summaries of the beginning, which must not replace newer ones offered meanwhile.</summary>
        public void OfferIfEmpty(Summary summary)
        {
            lock (_lock)
            {
                if (_waiting.ContainsKey(summary.Car.Id))
                    return;
                Offer(summary);
            }
        }

        public async Task<ICollection<Summary>> TakeAsync(CancellationToken cancellationToken)
        {
            await _some.WaitAsync(cancellationToken);
            lock (_lock)
            {
                var taken = _waiting;
                _waiting = [];
                return taken.Values;
            }
        }
    }
}
