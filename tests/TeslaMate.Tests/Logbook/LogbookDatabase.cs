using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Leases;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;
using TeslaMate.Tests.Logs;

namespace TeslaMate.Tests.Logbook;

/// <summary>A database with the newest schema, our own tables and cars of the test's choosing.</summary>
sealed class LogbookDatabase(TestDatabase database) : IAsyncDisposable
{
    static readonly Lazy<Task<TestDatabase>> Template = new(CreateTemplateAsync);

    public string ConnectionString => database.ConnectionString;

    public NpgsqlDataSource DataSource => database.DataSource;

    public NpgsqlDataSource TestSource => database.TestSource;

    public static async Task<LogbookDatabase> CreateAsync(int cars = 1)
        => await WithCarsAsync(await TestServer.CreateDatabaseAsync((await Template.Value).Name), cars);

    /// <summary>One on a disk that is full soon: this much larger than an empty database (kB).</summary>
    public static async Task<(LogbookDatabase Database, SmallDisk Disk)> CreateOnSmallDiskAsync(long room)
    {
        await using var template = await TestServer.CreateDatabaseAsync((await Template.Value).Name);
        await template.ExecuteAsync(MigrationFiles.Text("teslamate/V6__import.sql"));
        var disk = await SmallDisk.CreateAsync((await template.ScalarAsync<long>("select pg_database_size(current_database())") / 1024) + room);
        await template.TestSource.DisposeAsync();
        return (new LogbookDatabase(await disk.CopyAsync(template)), disk);
    }

    /// <summary>One with all of our own tables, views and functions, as <c>teslamate migrate</c> leaves it.</summary>
    public static async Task<LogbookDatabase> CreateMigratedAsync(int cars = 1)
        => await WithCarsAsync(await LogRows.EmptyAsync(PostgresServer.Installed), cars);

    static async Task<LogbookDatabase> WithCarsAsync(TestDatabase database, int cars)
    {
        var created = new LogbookDatabase(database);
        if (cars > 0)
            await created.ExecuteAsync(AddCars(cars));
        return created;
    }

    /// <summary>SQL that adds cars with the numbers from 1 on and settings of their own.</summary>
    public static string AddCars(int count) => $"""
        insert into car_settings (id) select n from generate_series(1, {count}) n;
        insert into cars (id, eid, vid, vin, name, settings_id, inserted_at, updated_at)
        select n, n, n, 'VIN' || n, 'car ' || n, n, now(), now() from generate_series(1, {count}) n;
        select setval('cars_id_seq', {count}), setval('car_settings_id_seq', {count})
        """;

    public Task ExecuteAsync(string sql) => database.ExecuteAsync(sql);

    public Task<T?> ScalarAsync<T>(string sql) => database.ScalarAsync<T>(sql);

    /// <summary>Every row as its columns joined by <c>|</c>, null as <c>-</c>.</summary>
    public async Task<List<string>> RowsAsync(string sql)
    {
        await using var command = TestSource.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "-" : Text(reader.GetValue(i)))));
        return rows;
    }

    /// <summary>Waits until a query counts as many rows.</summary>
    public async Task WaitForCountAsync(long count, string table)
    {
        for (var attempt = 0; attempt < 600 && await ScalarAsync<long>($"select count(*) from {table}") < count; attempt++)
            await Task.Delay(50);
        (await ScalarAsync<long>($"select count(*) from {table}")).ShouldBe(count);
    }

    public async Task<string> RowAsync(string sql) => (await RowsAsync(sql)).ShouldHaveSingleItem();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    static string Text(object value) => value switch
    {
        DateTime time => time.ToString("HH:mm:ss.FFF", System.Globalization.CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, System.Globalization.CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    static async Task<TestDatabase> CreateTemplateAsync()
    {
        var template = await Schema.CreateDatabaseAsync();
        await using (template.TestSource)
        {
            await template.ExecuteAsync("create schema if not exists teslamate");
            await template.ExecuteAsync(MigrationFiles.Text("teslamate/V1__car_logs.sql"));
            await template.ExecuteAsync(MigrationFiles.Text("teslamate/V4__refused_entries.sql"));
            await template.ExecuteAsync(MigrationFiles.Text("teslamate/V8__telemetry.sql"));
            await template.ExecuteAsync(MigrationFiles.Text("teslamate/V9__history_changes.sql"));
            await template.ExecuteAsync(MigrationFiles.Text("teslamate/V12__geofence_changes.sql"));
            await template.ExecuteAsync(MigrationFiles.Text("teslamate/V13__late_drives.sql"));
        }

        if (Environment.GetEnvironmentVariable("TESLAMATE_TEST_DATABASE") is { Length: > 0 })
            AppDomain.CurrentDomain.ProcessExit += (_, _) => template.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return template;
    }
}

/// <summary>One instance of the logbook, as the program composes it; the jobs run only when a test starts them.</summary>
sealed class LogbookInstance : IAsyncDisposable
{
    readonly ServiceProvider _services;

    public LogbookInstance(NpgsqlDataSource database, TimeProvider? time = null, Action<IServiceCollection>? configure = null,
        LogbookSettings? settings = null,
        TimeSpan takeoverDelay = default)
    {
        Folder = settings?.SpoolFolder ?? Directory.CreateTempSubdirectory("logbook-").FullName;
        var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(Log).SetMinimumLevel(LogLevel.Debug))
            .AddSingleton(time ?? TimeProvider.System)
            // A lease that has run out is taken at the second look, unless a test says otherwise.
            .AddLogbook((settings ?? new()) with { SpoolFolder = Folder, TakeoverDelay = takeoverDelay });
        // Given as an instance, so that the container leaves its disposal to the test.
        services.AddSingleton(database);
        configure?.Invoke(services);
        _services = services.BuildServiceProvider();
    }

    public string Folder { get; }

    public RecordedLog Log { get; } = new();

    public ILogbook Logbook => Get<ILogbook>();

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public async Task<CarLease> LeaseAsync(short car = 1)
        => (await Get<ICarLeases>().TryAcquireAsync(new(car), default)
            ?? await Get<ICarLeases>().TryAcquireAsync(new(car), default)).ShouldNotBeNull();

    /// <summary>An instance that has the lease of car 1.</summary>
    public static async Task<LogbookInstance> OfCarAsync(LogbookDatabase database, TimeProvider? time = null)
    {
        var instance = new LogbookInstance(database.DataSource, time);
        await instance.LeaseAsync();
        return instance;
    }

    public async Task<WriteResult> WriteAsync(params LogbookEntry[] entries) => await Logbook.WriteAsync(new(1), entries, default);

    /// <summary>Ends as a killed process does as far as its folder is concerned: unlocked, with everything in it.</summary>
    public ValueTask EndAsync() => _services.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}

/// <summary>Readings that say only what matters.</summary>
static class Readings
{
    public static readonly DateTimeOffset Start = new(2024, 5, 1, 10, 0, 0, TimeSpan.Zero);

    public static DateTimeOffset At(double second) => Start.AddSeconds(second);

    /// <summary>A polled position in a field near Berlin, second by second.</summary>
    public static PositionReading Position(double second, double? odometer = null, double? ideal = 300, double? rated = 250) => new()
    {
        Date = At(second),
        Latitude = 52.514521,
        Longitude = 13.350144,
        OdometerKm = odometer,
        IdealRangeKm = ideal,
        RatedRangeKm = rated,
    };

    public static LogbookEntry InDrive(PositionReading position) => new LogbookEntry.InsertDrivePosition(position);
}
