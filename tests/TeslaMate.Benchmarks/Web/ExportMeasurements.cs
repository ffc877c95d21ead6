using System.Diagnostics;
using System.Globalization;
using System.Net;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// What it takes to read all positions of a car through <c>/data/v1</c> (<c>exports FOLDER [positions]</c>): time to the first byte, rows a second,
/// and by how much the program's memory grows meanwhile; what readers cost that are slow, and what is left of readers that go away. The program is a
/// process of its own.
/// </summary>
static class ExportMeasurements
{
    public static async Task RunAsync(string folder, int positions)
    {
        await using var cluster = await PrivateCluster.StartAsync(folder,
            settings: ["shared_buffers = 512MB", "max_wal_size = 4GB", "synchronous_commit = off"]);
        await using var cloud = new TeslaCloud([], TimeProvider.System);
        await cloud.StartAsync();
        await using var program = new ProgramWithCars(cluster, cloud, folder);
        await program.MigrateAsync();
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString() + ";Command Timeout=0");
        await FillAsync(database, positions);
        await program.SignInAsync(database);
        program.Start();
        using var http = program.Client();
        await ProgramWithCars.ReadyAsync(http);
        // What the first answers compile and cache is not what they hold.
        foreach (var warmUp in (string[])["csv", "ndjson", "gpx"])
            await http.GetByteArrayAsync($"/data/v1/cars/1/positions.{warmUp}?from=2020-01-01&to=2020-01-10");
        foreach (var format in (string[])["csv", "ndjson", "gpx"])
            await MeasureAsync(http, program.Process, format, positions);
        await MeasureSlowReadersAsync(http, program.Process, database);
        await MeasureCutConnectionsAsync(http, program.Process, database);
    }

    /// <summary>Two that take 64 kB a second, as much as one client may have at once, for half a minute.</summary>
    static async Task MeasureSlowReadersAsync(HttpClient http, Process process, NpgsqlDataSource database)
    {
        var before = Resident(process);
        var most = before;
        var logger = await ConnectionsAsync(database, "teslamate");
        await Task.WhenAll(ReadSlowlyAsync(), ReadSlowlyAsync());
        var loggerAfter = await ConnectionsAsync(database, "teslamate");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"two slow readers: {before / 1048576.0:0.0} MB resident before, {(most - before) / 1048576.0:0.0} MB more at most; connections of the "
            + $"logger {logger} before, {loggerAfter} after"));

        async Task ReadSlowlyAsync()
        {
            using var response = await http.GetAsync("/data/v1/cars/1/positions.csv", HttpCompletionOption.ResponseHeadersRead);
            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync();
            var buffer = new byte[64 * 1024];
            for (var second = 0; second < 30; second++)
            {
                await body.ReadExactlyAsync(buffer);
                await Task.Delay(TimeSpan.FromSeconds(1));
                most = Math.Max(most, Resident(process));
            }
        }
    }

    /// <summary>A hundred that go away after a megabyte, one after the other.</summary>
    static async Task MeasureCutConnectionsAsync(HttpClient http, Process process, NpgsqlDataSource database)
    {
        var before = Resident(process);
        var refused = 0;
        for (var reader = 0; reader < 100; reader++)
        {
            using var response = await http.GetAsync($"/data/v1/cars/1/positions.{(reader % 2 == 0 ? "csv" : "ndjson")}",
                HttpCompletionOption.ResponseHeadersRead);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                // The one before has not been noticed to be gone yet.
                refused++;
                await Task.Delay(50);
                reader--;
                continue;
            }

            response.EnsureSuccessStatusCode();
            await using var body = await response.Content.ReadAsStreamAsync();
            await body.ReadExactlyAsync(new byte[1024 * 1024]);
        }

        var watch = Stopwatch.StartNew();
        while (await ActiveAsync(database, "teslamate exports") > 0)
            await Task.Delay(20);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"100 cut connections: no query is left {watch.Elapsed.TotalMilliseconds:0} ms after the last, {refused} had to wait for those before; "
            + $"{before / 1048576.0:0.0} MB resident before, {(Resident(process) - before) / 1048576.0:0.0} MB more after"));
    }

    static Task<long> ConnectionsAsync(NpgsqlDataSource database, string application)
        => CountAsync(database, "select count(*) from pg_stat_activity where application_name = $1", application);

    static Task<long> ActiveAsync(NpgsqlDataSource database, string application)
        => CountAsync(database, "select count(*) from pg_stat_activity where application_name = $1 and state <> 'idle'", application);

    static async Task<long> CountAsync(NpgsqlDataSource database, string sql, string application)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(application);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    static async Task MeasureAsync(HttpClient http, Process process, string format, int positions)
    {
        var before = Resident(process);
        var most = before;
        var watch = Stopwatch.StartNew();
        using var response = await http.GetAsync($"/data/v1/cars/1/positions.{format}", HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[256 * 1024];
        long bytes = 0;
        TimeSpan? first = null;
        var sampled = watch.Elapsed;
        while (await body.ReadAsync(buffer) is > 0 and var read)
        {
            first ??= watch.Elapsed;
            bytes += read;
            if (watch.Elapsed - sampled < TimeSpan.FromMilliseconds(200))
                continue;
            sampled = watch.Elapsed;
            most = Math.Max(most, Resident(process));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{format}: {positions} positions, {bytes / 1e6:0} MB in {watch.Elapsed.TotalSeconds:0.0} s, "
                + $"{positions / watch.Elapsed.TotalSeconds:0} rows/s, "
            + $"first byte after {first?.TotalMilliseconds:0} ms, {before / 1048576.0:0.0} MB resident before, {(most - before) / 1048576.0:0.0} "
            + $"MB more at most"));
    }

    static long Resident(Process process)
    {
        process.Refresh();
        return process.WorkingSet64;
    }

    static async Task FillAsync(NpgsqlDataSource database, int positions)
    {
        await using var count = database.CreateCommand("select count(*) from positions");
        if (await count.ExecuteScalarAsync() is long there && there >= positions)
            return;
        await using var fill = database.CreateCommand(string.Create(CultureInfo.InvariantCulture, $"""
            insert into car_settings (id) values (1);
            insert into cars (id, eid, vid, vin, name, settings_id, inserted_at, updated_at) values (1, 1, 1, '5YJ3E1EA7KF317001', 'Car', 1, now(),
                now());
            insert into drives (id, car_id, start_date, end_date)
            select n + 1, 1, timestamp '2020-01-01' + n * interval '10 hours', timestamp '2020-01-01' + n * interval '10 hours' + interval '5 hours'
            from generate_series(0, {positions} / 1000 - 1) as n;
            insert into positions (car_id, drive_id, date, latitude, longitude, speed, power, odometer, battery_level, elevation,
                ideal_battery_range_km, rated_battery_range_km,
                usable_battery_level, outside_temp, inside_temp, is_climate_on, fan_status)
            select 1, n / 1000 + 1, timestamp '2020-01-01' + n / 1000 * interval '10 hours' + n % 1000 * interval '18 seconds',
                52.5 + n % 1000 * 0.0005, 13.4 + n % 1000 * 0.0007,
                n % 130, n % 100 - 20, n * 0.07, 90 - n % 1000 / 20, n % 300, case when n % 4 = 0 then 300.25 end, case when n % 4 = 0 then 280.5 end,
                case when n % 4 = 0 then 80 end, case when n % 4 = 0 then 15.5 end, case when n % 4 = 0 then 21.0 end,
                    case when n % 4 = 0 then true end,
                case when n % 4 = 0 then 3 end
            from generate_series(0, {positions} - 1) as n
            """));
        await fill.ExecuteNonQueryAsync();
        await using var vacuum = database.CreateCommand("vacuum analyze");
        await vacuum.ExecuteNonQueryAsync();
    }
}
