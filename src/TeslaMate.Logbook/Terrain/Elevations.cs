using TeslaMate.Configuration;

namespace TeslaMate.Logbook.Terrain;

/// <summary>
/// Heights from tiles. What is on disk is answered at once; one missing tile at a time is fetched, and nobody waits for it longer than 100 ms.
/// </summary>
sealed partial class Elevations(TileFiles tiles, TimeProvider time, ILogger<Elevations> logger) : ITerrain
{
    static readonly TimeSpan FetchTimeout = TimeSpan.FromMilliseconds(100);

    volatile CircuitBreaker _breaker = new(Tolerance: 2, Window: TimeSpan.FromMinutes(3), Reset: TimeSpan.FromMinutes(15));
    readonly Lock _lock = new();
    Task<bool>? _fetching;

    public async Task<int?> ElevationAsync(double latitude, double longitude, CancellationToken cancellationToken)
    {
        switch (tiles.Find(latitude, longitude))
        {
            case Height.Known(var metres):
                return metres;
            case Height.Missing(var tile) when TryFetch(tile) is { } fetching:
                try
                {
                    await fetching.WaitAsync(FetchTimeout, time, cancellationToken);
                }
                catch (TimeoutException)
                {
                    return null;
                }

                return tiles.Find(latitude, longitude) is Height.Known(var fetched) ? fetched : null;
            default:
                return null;
        }
    }

    /// <summary>The height of a point, however long it takes to fetch its tile.</summary>
    /// <returns><see cref="Height.Missing"/> when it cannot be had now.</returns>
    public async Task<Height> PatientHeightAsync(double latitude, double longitude, CancellationToken cancellationToken)
    {
        while (true)
        {
            var height = tiles.Find(latitude, longitude);
            if (height is not Height.Missing(var tile))
                return height;
            Task<bool>? other;
            lock (_lock)
                other = _fetching;
            if (other is { IsCompleted: false })
                await other.WaitAsync(cancellationToken);
            else if (TryFetch(tile) is not { } fetching || !await fetching.WaitAsync(cancellationToken))
                return height;
        }
    }

    /// <returns>Null when another tile is on its way, or when the sources are left alone for now.</returns>
    Task<bool>? TryFetch(Tile tile)
    {
        lock (_lock)
        {
            if (_fetching is { IsCompleted: false } || _breaker.IsOpen(time.GetUtcNow()) || !tiles.IsWorthFetching(tile))
                return null;
            // It ends by itself within its time-outs, and outlives the caller that gave up waiting.
            return _fetching = FetchAsync(tile);
        }
    }

    async Task<bool> FetchAsync(Tile tile)
    {
        if (await tiles.FetchAsync(tile, CancellationToken.None) is not { } problem)
            return true;
        Log.Failed(logger, tile.Name, problem);
        _breaker = _breaker.RecordFailure(time.GetUtcNow());
        return false;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Elevation query failed: {Tile}: {Reason}")]
        public static partial void Failed(ILogger logger, string tile, string reason);
    }
}
