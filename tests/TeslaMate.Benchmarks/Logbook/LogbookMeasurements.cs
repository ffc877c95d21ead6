using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Leases;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Benchmarks.Logbook;

/// <summary>
/// Measures of the logbook against a private server with its default settings (fsync included): positions a second, and the close of a long drive in
/// a large table. Not BenchmarkDotNet's kind: one run takes minutes and its setup is the point. <c>dotnet run -c Release -- logbook [positions in
/// the table]</c>
/// </summary>
static class LogbookMeasurements
{
    const int Cars = 1000;

    const int PositionsOfDrive = 10_000;

    public static async Task RunAsync(int tableRows)
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["shared_buffers = 1GB", "max_wal_size = 8GB"]);
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString() + ";Command Timeout=0");
        await ExecuteAsync(database, Resource("baseline.sql"));
        await ExecuteAsync(database, "create schema if not exists teslamate");
        await ExecuteAsync(database, Resource("teslamate/V1__car_logs.sql"));
        await ExecuteAsync(database, $"""
            insert into car_settings (id) select n from generate_series(1, {Cars}) n;
            insert into cars (id, eid, vid, vin, settings_id, inserted_at, updated_at) select n, n, n, 'VIN' || n, n, now(), now()
                from generate_series(1, {Cars}) n
            """);

        var folder = Directory.CreateTempSubdirectory("logbook-bench-").FullName;
        await using var services =
            new ServiceCollection().AddLogging().AddLogbook(new() { SpoolFolder = folder }).AddSingleton(database).BuildServiceProvider();
        var leases = services.GetRequiredService<ICarLeases>();
        for (short car = 1; car <= Cars; car++)
            await leases.TryAcquireAsync(new(car), default);
        var logbook = services.GetRequiredService<ILogbook>();

        await MeasureSingleInsertsAsync(database);
        await MeasureLogbookAsync(logbook);
        await MeasureCloseAsync(database, logbook, services.GetRequiredService<WriterSession>(), tableRows);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>What one position at a time, each in its own transaction, costs: 1,000 cars on as many connections as help.</summary>
    static async Task MeasureSingleInsertsAsync(NpgsqlDataSource database)
    {
        var written = 0;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(1, 50).Select(async car =>
        {
            await using var connection = await database.OpenConnectionAsync();
            await using var command = new NpgsqlCommand(
                """
                insert into positions (car_id, date, latitude, longitude, elevation, speed, power, odometer, battery_level)
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """,
                connection);
            object[] values = [(short)car, new DateTime(2024, 1, 1), 52.5m, 13.4m, (short)30, (short)50, (short)20, 1234.567, (short)70];
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.PrepareAsync();
            while (clock.Elapsed < TimeSpan.FromSeconds(10))
            {
                await command.ExecuteNonQueryAsync();
                Interlocked.Increment(ref written);
            }
        }));
        Print("single inserts, prepared, 50 connections", $"{written / clock.Elapsed.TotalSeconds:0} positions/s");
    }

    static async Task MeasureLogbookAsync(ILogbook logbook)
    {
        var written = 0;
        var slowest = TimeSpan.Zero;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(1, Cars).Select(async car =>
        {
            for (var i = 0; clock.Elapsed < TimeSpan.FromSeconds(15); i++)
            {
                var begun = clock.Elapsed;
                LogbookEntry[] entries =
                [
                    .. Enumerable.Range(0, 4).Select(n => new LogbookEntry.InsertPosition(new()
                    {
                        Date = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i + n / 4.0), Latitude = 52.5, Longitude = 13.4,
                        ElevationM = 30, SpeedKmH = 50, PowerKw = 20, OdometerKm = 1234.567, BatteryLevel = 70,
                    })),
                ];
                if (await logbook.WriteAsync(new((short)car), entries, default) != WriteResult.Stored)
                    throw new InvalidOperationException("The server is there, so everything is stored.");
                Interlocked.Add(ref written, entries.Length);
                var took = clock.Elapsed - begun;
                if (took > slowest)
                    slowest = took;
            }
        }));
        Print("logbook, 1,000 cars, 4 positions a call", $"{written / clock.Elapsed.TotalSeconds:0} positions/s, slowest call "
            + $"{slowest.TotalMilliseconds:0} ms");
    }

    static async Task MeasureCloseAsync(NpgsqlDataSource database, ILogbook logbook, WriterSession session, int tableRows)
    {
        await ExecuteAsync(database, $"""
            insert into drives (car_id, start_date, end_date)
            select 1, '2020-01-01'::timestamp + n * interval '3 hours', '2020-01-01'::timestamp + n * interval '3 hours' + interval '2 hours'
                from generate_series(1, {tableRows / 2000}) n
            """);
        await ExecuteAsync(database, $"""
            insert into positions (car_id, drive_id, date, latitude, longitude, elevation, speed, power, odometer, ideal_battery_range_km,
                rated_battery_range_km, outside_temp)
            select 1, n / 2000 + 1, '2020-01-01'::timestamp + n * interval '4 seconds', 52.5, 13.4, n % 100, 50, 20, n,
                case when n % 4 = 0 then 300 end, case when n % 4 = 0 then 250 end, 20
            from generate_series(1, {tableRows} - 1) n
            """);
        await ExecuteAsync(database, "vacuum analyze positions");

        LogbookEntry.InsertDrivePosition[] drive = [.. Enumerable.Range(0, PositionsOfDrive).Select(i => new LogbookEntry.InsertDrivePosition(new()
        {
            Date = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i), Latitude = 52.5, Longitude = 13.4, ElevationM = i % 100,
            SpeedKmH = 50,
            PowerKw = 20, OdometerKm = i * 0.02, IdealRangeKm = i % 4 == 0 ? 300 : null, OutsideTempC = 20,
        }))];
        await logbook.WriteAsync(new(1), [new LogbookEntry.StartDrive(drive[0].Position.Date, drive[0].Position)], default);
        foreach (var part in drive.Skip(1).Chunk(100))
            await logbook.WriteAsync(new(1), part, default);

        // The same statement again and again: closing a closed drive computes everything anew.
        var close = DriveStatements.CloseOpen(new(1), DriveEnd.Ended, lookUpAddresses: false).First();
        List<double> times = [];
        for (var run = 0; run < 20; run++)
        {
            var clock = Stopwatch.StartNew();
            await session.Writer.RunAsync([close], TimeSpan.FromMinutes(1), default);
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        var count = await ScalarAsync(database, "select count(*) from positions");
        Print($"closing a drive of {PositionsOfDrive} positions among {count}", $"median {times[10]:0.0} ms, slowest {times[^1]:0.0} ms");
        foreach (var line in await ExplainAsync(database, close))
            Console.WriteLine("    " + line);
    }

    static async Task<List<string>> ExplainAsync(NpgsqlDataSource database, Statement statement)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("explain (analyze, costs off, buffers) " + statement.Sql, connection);
        foreach (var parameter in statement.Parameters)
            command.Parameters.Add(parameter.Clone());
        await using var reader = await command.ExecuteReaderAsync();
        List<string> lines = [];
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return lines;
    }

    static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    static async Task<object?> ScalarAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    static string Resource(string path)
    {
        using var stream = typeof(PrivateCluster).Assembly.GetManifestResourceStream(path) ?? throw new FileNotFoundException(path);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    static void Print(string what, string result) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {result}"));
}
