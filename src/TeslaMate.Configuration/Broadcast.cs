using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TeslaMate.Configuration;

/// <summary>Tells any number of watchers of something new. Nobody waits for a slow watcher; it loses the oldest.</summary>
/// <param name="capacity">How much a watcher may have before it that it has not looked at yet; at least 1.</param>
public sealed class Broadcast<T>(int capacity)
{
    readonly Lock _lock = new();
    readonly List<Channel<T>> _watchers = [];

    public void Publish(T news)
    {
        lock (_lock)
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(news);
    }

    /// <summary>Everything that is published from the first step on; does not end by itself.</summary>
    /// <param name="current">Asked once the watcher misses nothing more: what it gets first. Null for nothing.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<T> WatchAsync(Func<T>? current, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var watcher = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
            _watchers.Add(watcher);
        try
        {
            if (current is not null)
                yield return current();
            await foreach (var news in watcher.Reader.ReadAllAsync(cancellationToken))
                yield return news;
        }
        finally
        {
            lock (_lock)
                _watchers.Remove(watcher);
        }
    }

    /// <summary>Everything that is published from the first step on; does not end by itself.</summary>
    public IAsyncEnumerable<T> WatchAsync(CancellationToken cancellationToken) => WatchAsync(current: null, cancellationToken);
}
