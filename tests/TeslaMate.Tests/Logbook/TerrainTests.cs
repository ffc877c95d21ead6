using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Terrain;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Time;

namespace TeslaMate.Tests.Logbook;

/// <summary>The tables of the specification on heights (spec logbook 18.8), with tiles made here.</summary>
public sealed class TerrainTests : IAsyncLifetime
{
    readonly string _folder = Path.Combine(Directory.CreateTempSubdirectory("tiles-").FullName, "cache");
    readonly ConcurrentQueue<string> _requests = new();
    readonly ManualTime _time = new();
    readonly RecordedLog _log = new();
    WebApplication _sources = null!;
    Func<string, Said> _script = _ => new(404, []);
    TileFiles _files = null!;
    Elevations _terrain = null!;

    /// <summary>What a source says.</summary>
    sealed record Said(int Status, byte[] Body, Task? After = null);

    public async Task InitializeAsync()
    {
        _sources = LoopbackServer.Build();
        _sources.Run(async context =>
        {
            _requests.Enqueue(context.Request.Path);
            var result = _script(context.Request.Path);
            if (result.After is { } after)
                await after;
            context.Response.StatusCode = result.Status;
            await context.Response.Body.WriteAsync(result.Body);
        });
        await _sources.StartAsync();
        var root = _sources.Urls.First();
        var logging = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _files = new(new LogbookSettings { TileFolder = _folder, TileSources = [root + "/one/{0}/{1}.hgt.gz", root + "/two/{1}.zip"] }, _time,
            logging.CreateLogger<TileFiles>());
        _terrain = new(_files, _time, logging.CreateLogger<Elevations>());
    }

    public async Task DisposeAsync()
    {
        _files.Dispose();
        await _sources.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
    }

    /// <summary>
    /// A small tile in which the height is 10 m a row from the north plus 1 m a column from the west, modulo what fits; some points are special.
    /// </summary>
    static byte[] Tile(params (int Row, int Column, short Metres)[] special)
    {
        var tile = new byte[2 * 1201 * 1201];
        for (var row = 0; row < 1201; row++)
            for (var column = 0; column < 1201; column++)
                BinaryPrimitives.WriteInt16BigEndian(tile.AsSpan((row * 1201 + column) * 2), (short)(row * 5 + column % 1000));
        foreach (var (row, column, metres) in special)
            BinaryPrimitives.WriteInt16BigEndian(tile.AsSpan((row * 1201 + column) * 2), metres);
        return tile;
    }

    static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    static byte[] Zip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create))
        using (var entry = zip.CreateEntry("x.hgt", CompressionLevel.Fastest).Open())
            entry.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>Asks until the tile that is being fetched has arrived; the fake clock keeps the patience of 100 ms from running out.</summary>
    Task<int?> AskAsync(double latitude, double longitude) => _terrain.ElevationAsync(latitude, longitude, default);

    [Theory]
    [InlineData(36.45, -116.86, "N36W117")]
    [InlineData(-26.4, 146.25, "S27E146")]
    [InlineData(0, 0, "N00E000")]
    [InlineData(-0.1, -0.1, "S01W001")]
    [InlineData(64.351085, 26.27366, "N64E026")]
    public void A_tile_is_named_by_its_south_western_corner(double latitude, double longitude, string name)
        => TeslaMate.Logbook.Terrain.Tile.Of(latitude, longitude).Name.ShouldBe(name);

    [Fact]
    public async Task A_point_has_the_height_of_the_sample_north_west_of_it()
    {
        _script = _ => new(200, Gzip(
            Tile((0, 0, -51), (600, 300, 10000), (600, 301, 10001), (600, 302, -1000), (600, 303, -1001), (600, 304, -32768))));
        (await AskAsync(37 - 100.5 / 1200, -117 + 200.5 / 1200)).ShouldBe(100 * 5 + 200);
        (await AskAsync(37 - 0.5 / 1200, -117 + 0.5 / 1200)).ShouldBe(-51);
        int?[] expected = [10000, null, -1000, null, null];
        for (var i = 0; i < expected.Length; i++)
            (await AskAsync(37 - 600.5 / 1200, -117 + (300.5 + i) / 1200)).ShouldBe(expected[i]);
        // Once fetched the tile is read from disk.
        _requests.ShouldBe(["/one/N36/N36W117.hgt.gz"]);
        File.Exists(Path.Combine(_folder, "N36W117.hgt")).ShouldBeTrue();
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(91, 1)]
    [InlineData(1, -181)]
    public async Task What_is_no_place_has_no_height(double latitude, double longitude)
    {
        (await AskAsync(latitude, longitude)).ShouldBeNull();
        _requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_second_source_helps_out()
    {
        _script = path => path.StartsWith("/one", StringComparison.Ordinal) ? new(503, []) : new(200, Zip(Tile()));
        (await AskAsync(1.5, 1.5)).ShouldNotBeNull();
        _requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_is_sent_and_is_no_tile_is_not_kept()
    {
        byte[][] strange = [Gzip(new byte[100]), "not gzip"u8.ToArray(), [], Gzip(new byte[30_000_000])];
        foreach (var body in strange)
        {
            _script = path => path.StartsWith("/one", StringComparison.Ordinal) ? new(200, body) : new(200, "no zip"u8.ToArray());
            (await AskAsync(1.5, 1.5)).ShouldBeNull();
            _time.Advance(TimeSpan.FromMinutes(20));
        }

        _requests.Count.ShouldBe(2 * strange.Length);
        Directory.GetFiles(_folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_file_is_replaced()
    {
        Directory.CreateDirectory(_folder);
        await File.WriteAllTextAsync(Path.Combine(_folder, "N01E001.hgt"), "torn");
        _script = _ => new(200, Gzip(Tile()));
        (await AskAsync(1.5, 1.5)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Nobody_waits_for_a_slow_source()
    {
        var release = new TaskCompletionSource();
        _script = _ => new(200, Gzip(Tile()), release.Task);
        var slow = AskAsync(1.5, 1.5);
        while (_time.PendingTimers == 0)
            await Task.Delay(10);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        (await slow).ShouldBeNull();
        // Another tile has to wait its turn, and nobody waits with it.
        (await AskAsync(5.5, 5.5)).ShouldBeNull();
        release.SetResult();
        (await _terrain.PatientHeightAsync(1.5, 1.5, default)).ShouldBeOfType<Height.Known>();
        (await AskAsync(1.5, 1.5)).ShouldNotBeNull();
        _requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Sources_that_fail_are_left_alone_for_a_while()
    {
        _script = _ => new(503, []);
        for (var i = 0; i < 5; i++)
            (await AskAsync(i + 0.5, 1.5)).ShouldBeNull();
        // Three tiles at two sources each, then the breaker is open.
        _requests.Count.ShouldBe(6);
        _time.Advance(TimeSpan.FromMinutes(15));
        _script = _ => new(200, Gzip(Tile()));
        (await AskAsync(0.5, 1.5)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_tile_that_nobody_has_is_not_asked_for_again_that_day()
    {
        await AskAsync(0.5, 1.5);
        _time.Advance(TimeSpan.FromHours(23));
        await AskAsync(0.5, 1.5);
        _requests.Count.ShouldBe(2);
        _time.Advance(TimeSpan.FromHours(2));
        await AskAsync(0.5, 1.5);
        _requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Positions_of_recent_drives_are_filled_in_page_by_page()
    {
        await using var database = await LogbookDatabase.CreateAsync();
        await database.ExecuteAsync("""
            insert into drives (id, car_id, start_date, end_date) values
                (1, 1, '2025-12-31', '2025-12-31'), (2, 1, '2025-12-31', '2025-12-31'), (3, 1, '2025-12-21', '2025-12-21'),
                    (4, 1, '2025-12-31', '2025-12-31');
            insert into positions (id, car_id, drive_id, date, latitude, longitude, elevation, odometer, ideal_battery_range_km) values
                (1, 1, 1, '2025-12-31 10:00', 1.5, 1.5, null, 1, 100), (2, 1, 1, '2025-12-31 10:01', 1.625, 1.5, null, 1, 100),
                (3, 1, 2, '2025-12-31 10:00', 1.5, 1.5, null, 1, 100), (4, 1, 2, '2025-12-31 10:00', 1.5, 1.5, null, 1, null),
                (5, 1, 2, '2025-12-31 10:00', 1.5, 1.5, null, 1, 100), (6, 1, 3, '2025-12-21 10:00', 1.5, 1.5, null, 1, 100),
                (7, 1, 4, '2025-12-31 10:00', 1.5, 1.5, null, null, null), (8, 1, 4, '2025-12-31 10:01', 1.5, 1.5, 0, null, null),
                (9, 1, 4, '2025-12-31 10:02', 50.5, 1.5, null, null, null), (10, 1, null, '2025-12-31 10:00', 1.5, 1.5, null, 1, 100)
            """);
        _script = path => path.Contains("N01E001", StringComparison.Ordinal) ? new(200, Gzip(Tile())) : new(404, []);
        using var backfill = new ElevationBackfill(database.DataSource, _terrain, _time,
            LoggerFactory.Create(_ => { }).CreateLogger<ElevationBackfill>());
        (await PageAsync(0, 1000)).ShouldBe([1, 2, 7, 9]);
        (await PageAsync(0, 2)).ShouldBe([1, 2]);
        (await PageAsync(2, 1000)).ShouldBe([6, 7, 9]);
        (await PageAsync(9, 1000)).ShouldBeEmpty();

        await backfill.FillAsync(default);
        var middle = 600 * 5 + 600;
        (await database.RowsAsync("select id, elevation from positions where elevation is not null order by id")).ShouldBe([$"1|{middle}",
            $"2|{middle - 150 * 5}", $"7|{middle}", "8|0"]);
        (await database.RowsAsync("select id, ascent, descent from drives where ascent is not null order by id")).ShouldBe([$"1|0|{150 * 5}",
            $"4|0|{middle}"]);

        async Task<List<int>> PageAsync(int behind, int most) => [.. (await backfill.PageAsync(behind, most, default)).Select(row => row.Id)];
    }

    [Fact]
    public async Task What_has_no_height_is_not_looked_for_again()
    {
        await using var database = await LogbookDatabase.CreateAsync();
        await database.ExecuteAsync("""
            insert into drives (id, car_id, start_date, end_date) values (1, 1, '2025-12-31', '2025-12-31');
            insert into positions (id, car_id, drive_id, date, latitude, longitude, odometer, ideal_battery_range_km) values
                (1, 1, 1, '2025-12-31 10:00', 1.5, 1.5, 1, 100), (2, 1, 1, '2025-12-31 10:01', 1.625, 1.5, 1, 100),
                    (3, 1, 1, '2025-12-31 10:02', 5.5, 5.5, 1, 100)
            """);
        // The first position is on the sea, the last one's tile cannot be had for now.
        _script = path => path.Contains("N01E001", StringComparison.Ordinal) ? new(200, Gzip(Tile((600, 600, -32768)))) : new(503, []);
        using var backfill = new ElevationBackfill(database.DataSource, _terrain, _time,
            LoggerFactory.Create(logging => logging.AddProvider(_log)).CreateLogger<ElevationBackfill>());
        await backfill.FillAsync(default);
        _time.Advance(TimeSpan.FromHours(6));
        _script = _ => new(200, Gzip(Tile()));
        await backfill.FillAsync(default);
        await backfill.FillAsync(default);
        (await database.RowsAsync("select id from positions where elevation is null")).ShouldBe(["1"]);
        _log.Lines.Where(line => line.Contains("Adding elevation", StringComparison.Ordinal))
            .Select(line => string.Concat(line.Where(char.IsAsciiDigit))).ShouldBe(["3", "1"]);
    }
}
