using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using TeslaMate.Configuration;

namespace TeslaMate.Logbook.Terrain;

/// <summary>What is known about the height of a point. Closed.</summary>
abstract record Height
{
    Height() { }

    public sealed record Known(short Metres) : Height;

    /// <summary>Nothing was measured here, and nothing will be.</summary>
    public sealed record Nowhere : Height;

    /// <summary>The tile is not on disk; <see cref="TileFiles.FetchAsync"/> may bring it.</summary>
    public sealed record Missing(Tile Tile) : Height;
}

/// <summary>The tiles on disk, read in place (a tile has 26 MB, a question needs two bytes of it), and where they come from.</summary>
sealed partial class TileFiles : IDisposable
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>How long a tile that no source has is not asked for again.</summary>
    static readonly TimeSpan RetryAbsent = TimeSpan.FromDays(1);

    static readonly TimeSpan RetryFailed = TimeSpan.FromMinutes(15);

    const long LargestTile = 2L * 3601 * 3601;

    readonly LogbookSettings _settings;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    readonly HttpClient _http;
    readonly ConcurrentDictionary<Tile, DateTimeOffset> _notBefore = new();

    public TileFiles(LogbookSettings settings, TimeProvider time, ILogger<TileFiles> logger)
    {
        (_settings, _time, _logger) = (settings, time, logger);
        _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = System.Threading.Timeout.InfiniteTimeSpan
        };
        // What the sources know this kind of client by; not of the form that the typed header wants.
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "github.com/adriankumpf/srtm");
    }

    /// <summary>The height of a point as far as the disk knows.</summary>
    public Height Find(double latitude, double longitude)
    {
        if (!(Math.Abs(latitude) <= 90) || !(Math.Abs(longitude) <= 180))
            return new Height.Nowhere();
        var tile = Tile.Of(latitude, longitude);
        try
        {
            using var file = File.OpenHandle(PathOf(tile));
            if (Tile.PointsPerEdge(RandomAccess.GetLength(file)) is { } points)
                return tile.Read(file, points, latitude, longitude) is { } metres ? new Height.Known(metres) : new Height.Nowhere();
            Log.BadFile(_logger, PathOf(tile));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // Not there yet.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Log.BadFolder(_logger, _settings.TileFolder, exception.Message);
        }

        return new Height.Missing(tile);
    }

    /// <summary>Whether it is of use to fetch a tile now: not right after its sources failed.</summary>
    public bool IsWorthFetching(Tile tile) => !_notBefore.TryGetValue(tile, out var notBefore) || notBefore <= _time.GetUtcNow();

    /// <summary>Brings a tile to the disk, from the first source that has it.</summary>
    /// <returns>Null when it is there now, otherwise why not.</returns>
    public async Task<string?> FetchAsync(Tile tile, CancellationToken cancellationToken)
    {
        var absent = 0;
        List<string> problems = [];
        foreach (var source in _settings.TileSources)
        {
            var address = string.Format(CultureInfo.InvariantCulture, source, tile.Row, tile.Name);
            using var timeout = new CancellationTokenSource(Timeout, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                using var response = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, either.Token);
                if (!response.IsSuccessStatusCode)
                {
                    absent += response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Gone ? 1 : 0;
                    problems.Add($"HTTP {(int)response.StatusCode}");
                    continue;
                }

                await using var body = await response.Content.ReadAsStreamAsync(either.Token);
                await StoreAsync(tile, body, isZip: address.EndsWith(".zip", StringComparison.OrdinalIgnoreCase), either.Token);
                _notBefore.TryRemove(tile, out _);
                return null;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                problems.Add("timeout");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException or UnauthorizedAccessException)
            {
                problems.Add(exception.Message);
            }
        }

        _notBefore[tile] = _time.GetUtcNow() + (absent == _settings.TileSources.Count ? RetryAbsent : RetryFailed);
        return string.Join("; ", problems);
    }

    public void Dispose() => _http.Dispose();

    string PathOf(Tile tile) => Path.Combine(_settings.TileFolder, tile.Name + ".hgt");

    async Task StoreAsync(Tile tile, Stream body, bool isZip, CancellationToken cancellationToken)
    {
        // The tiles tell about where the cars are; a folder that is there already may be shared on purpose.
        if (!Directory.Exists(_settings.TileFolder))
            PrivateFiles.CreateFolder(_settings.TileFolder);
        var temporary = Path.Combine(_settings.TileFolder, $".{tile.Name}.{Guid.NewGuid():N}.new");
        try
        {
            await using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                if (isZip)
                {
                    // The directory of a zip file is at its end.
                    await using var archive = new FileStream(temporary + ".zip", new FileStreamOptions
                    {
                        Mode = FileMode.CreateNew,
                        Access = FileAccess.ReadWrite,
                        Options = FileOptions.DeleteOnClose,
                    });
                    await CopyAsync(body, archive, cancellationToken);
                    using var zip = new ZipArchive(archive, ZipArchiveMode.Read);
                    if (zip.Entries is not [var entry])
                        throw new InvalidDataException("the zip file has not exactly one entry");
                    await using var tileStream = await entry.OpenAsync(cancellationToken);
                    await CopyAsync(tileStream, file, cancellationToken);
                }
                else
                {
                    await using var gzip = new GZipStream(body, CompressionMode.Decompress);
                    await CopyAsync(gzip, file, cancellationToken);
                }

                if (Tile.PointsPerEdge(file.Length) is null)
                    throw new InvalidDataException($"a file of {file.Length} bytes is no tile");
            }

            File.Move(temporary, PathOf(tile), overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Copies no more than a tile can have, whatever is sent.</summary>
    static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[128 * 1024];
        for (var total = 0L; await from.ReadAsync(buffer, cancellationToken) is > 0 and var read;)
        {
            total += read;
            if (total > LargestTile)
                throw new InvalidDataException("what was sent is larger than any tile");
            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{File} is no elevation tile; it is replaced")]
        public static partial void BadFile(ILogger logger, string file);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The folder of elevation tiles {Folder} (SRTM_CACHE) cannot be read: {Reason}")]
        public static partial void BadFolder(ILogger logger, string folder, string reason);
    }
}
