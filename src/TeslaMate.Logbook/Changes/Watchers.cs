using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace TeslaMate.Logbook.Changes;

/// <summary>Tells any number of watchers of something new. Nobody waits for a slow watcher; it loses the oldest.</summary>
sealed class Watchers<T>
{
    readonly Lock _lock = new();
    readonly List<Channel<T>> _channels = [];

    public void Tell(T news)
    {
        lock (_lock)
            foreach (var channel in _channels)
                channel.Writer.TryWrite(news);
    }

    public async IAsyncEnumerable<T> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<T>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
            _channels.Add(channel);
        try
        {
            await foreach (var news in channel.Reader.ReadAllAsync(cancellationToken))
                yield return news;
        }
        finally
        {
            lock (_lock)
                _channels.Remove(channel);
        }
    }
}
