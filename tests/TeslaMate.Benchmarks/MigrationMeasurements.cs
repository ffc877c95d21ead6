using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Clusters;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Benchmarks;

/// <summary>
/// How long migrations take, as ratios within one run: a fresh database from process start to exit beside the server's own work for it, and an
/// upgrade from 2019 beside the same upgrade with the work that later versions undo, and beside its limit: each table written once with its present
/// types, indexes and keys.
/// </summary>
static partial class MigrationMeasurements
{
    const long Start = 20190913175011;

    /// <param name="folder">A published program.</param>
    /// <param name="drives">The reference's figures are for 1,500, with 423 positions each, and 79,000 charges.</param>
    public static async Task RunAsync(string folder, int drives)
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["shared_buffers = 256MB"]);
        await FreshAsync(cluster, Path.Combine(folder, "teslamate"), times: 10);
        await UpgradeAsync(cluster, drives);
    }

    static async Task FreshAsync(PrivateCluster cluster, string program, int times)
    {
        List<TimeSpan> whole = [], server = [];
        for (var i = 0; i < times; i++)
        {
            await ExecuteAsync(cluster, "postgres", "drop database if exists fresh", "create database fresh");
            var begin = Stopwatch.GetTimestamp();
            var start = new ProcessStartInfo(program, ["migrate"]) { RedirectStandardOutput = true };
            start.Environment["DATABASE_SOCKET_DIR"] = cluster.Socket;
            start.Environment["DATABASE_NAME"] = "fresh";
            start.Environment["DATABASE_USER"] = "postgres";
            using var process = Process.Start(start)!;
            await process.WaitForExitAsync();
            whole.Add(Stopwatch.GetElapsedTime(begin));
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{program} migrate failed with exit code {process.ExitCode}.");

            await ExecuteAsync(cluster, "postgres", "drop database fresh", "create database fresh");
            begin = Stopwatch.GetTimestamp();
            await ExecuteAsync(cluster, "fresh", MigrationFolder.Text("baseline.sql"));
            server.Add(Stopwatch.GetElapsedTime(begin));
        }

        Say($"fresh database, process start to exit: median {Median(whole)} s; the baseline script alone: {Median(server)} s");
    }

    static async Task UpgradeAsync(PrivateCluster cluster, int drives)
    {
        await ExecuteAsync(cluster, "postgres", "create database old");
        await MigrateAsync(cluster, "old", MigrationFolder.Embedded(""), Start);
        await ExecuteAsync(cluster, "old", Rows(drives), "vacuum analyze", "checkpoint");
        var known = MigrationFolder.Embedded("");
        // The same files without their conditions do what the reference does.
        var everything = MigrationFolder.Read(known.All.SelectMany(migration => new[] { migration.Up, migration.Down })
            .Select(script => new MigrationFile(script.FileName, Conditions.Replace(script.Text, ""))));
        var times = new List<TimeSpan>();
        foreach (var (name, migrations) in new[] { ("every script as it is, one by one", everything), ("as the engine runs them", known) })
        {
            await ExecuteAsync(cluster, "postgres", "create database upgraded template old");
            // The checksums of the shortened files are not those that were applied.
            await ExecuteAsync(cluster, "upgraded", "drop table changelog", "drop schema teslamate cascade");
            await ExecuteAsync(cluster, "upgraded", "checkpoint");
            var steps = new Steps();
            var begin = Stopwatch.GetTimestamp();
            await MigrateAsync(cluster, "upgraded", migrations, to: null, steps);
            times.Add(Stopwatch.GetElapsedTime(begin));
            Say($"upgrade from {Start} with {drives} drives, {name}: {Seconds(times[^1])} s; slowest: {steps.Slowest(10)}");
            if (migrations != known)
                await ExecuteAsync(cluster, "postgres", "drop database upgraded");
        }

        var limit = await RewriteAsync(cluster);
        Say($"each table written once with its present types, indexes and keys: {Seconds(limit)} s");
        Say($"ratio to every script: {Ratio(times[^1], times[0])}; to the rewrite: {Ratio(times[^1], limit)}");
    }

    /// <summary>Writes the tables of the database <c>old</c> as they are in <c>upgraded</c>, in a copy of it.</summary>
    static async Task<TimeSpan> RewriteAsync(PrivateCluster cluster)
    {
        var tables = await TextsAsync(cluster, "upgraded", """
            select format('create table rewritten.%I (%s)', relname, string_agg(format('%I %s', attname,
                case typtype when 'e' then 'text' else format_type(atttypid, atttypmod) end), ', ' order by attnum))
            from pg_class
            join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
            join pg_type on pg_type.oid = atttypid
            where relnamespace = 'public'::regnamespace and relkind = 'r'
            group by relname
            """);
        var indexes = await TextsAsync(cluster, "upgraded", """
            select replace(indexdef, ' ON public.', ' ON rewritten.') from pg_indexes where schemaname = 'public'
            """);
        var keys = await TextsAsync(cluster, "upgraded", """
            select format('alter table rewritten.%I add %s', relname, replace(pg_get_constraintdef(pg_constraint.oid), 'REFERENCES ',
                'REFERENCES rewritten.'))
            from pg_constraint
            join pg_class on pg_class.oid = conrelid
            where relnamespace = 'public'::regnamespace and contype in ('f', 'c')
            """);
        await ExecuteAsync(cluster, "postgres", "create database once template old");
        await ExecuteAsync(cluster, "once", ["create schema rewritten", .. tables, "checkpoint"]);
        var rows = await TextsAsync(cluster, "once", """
            select format('insert into rewritten.%I (%s) select %2$s from public.%1$I', relname, string_agg(format('%I', new.attname), ', '))
            from pg_class
            join pg_attribute as new on new.attrelid = pg_class.oid and new.attnum > 0
            join pg_attribute as old on old.attrelid = to_regclass(format('public.%I', relname)) and old.attname = new.attname and old.attnum > 0
            where relnamespace = 'rewritten'::regnamespace and relkind = 'r'
            group by relname
            """);
        var begin = Stopwatch.GetTimestamp();
        await ExecuteAsync(cluster, "once", ["set search_path = rewritten, public", .. rows, .. indexes, .. keys]);
        return Stopwatch.GetElapsedTime(begin);
    }

    static async Task<List<string>> TextsAsync(PrivateCluster cluster, string database, string query)
    {
        await using var connection = new NpgsqlConnection(cluster.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(query, connection);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> texts = [];
        while (await reader.ReadAsync())
            texts.Add(reader.GetString(0));
        return texts;
    }

    static string Ratio(TimeSpan time, TimeSpan other) => (time / other).ToString("0.000", CultureInfo.InvariantCulture);

    static async Task MigrateAsync(PrivateCluster cluster, string database, MigrationFolder migrations, long? to, Steps? steps = null)
    {
        var settings = new DatabaseSettings { Host = cluster.Socket, Name = database, User = "postgres" };
        var migrator = new Migrator(settings, new Variables(new Dictionary<string, string> { ["ENCRYPTION_KEY"] = "benchmark" }),
            TimeProvider.System)
        { Reference = migrations };
        var outcome = await migrator.MigrateAsync(steps ?? new Steps(), CancellationToken.None, to);
        if (outcome is not MigrationOutcome.Done)
            throw new InvalidOperationException(outcome.ToString());
    }

    static async Task ExecuteAsync(PrivateCluster cluster, string database, params IReadOnlyList<string> statements)
    {
        await using var connection = new NpgsqlConnection(cluster.ConnectionString(database) + ";Pooling=false;Command Timeout=0");
        await connection.OpenAsync();
        foreach (var statement in statements)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    static string Rows(int drives) => string.Create(CultureInfo.InvariantCulture, $"""
        insert into cars (eid, vid, model, efficiency, inserted_at, updated_at) values (1, 1, 'M3', 0.153, now(), now());
        insert into drives (start_date, end_date, start_km, end_km, distance, duration_min, car_id)
        select '2019-01-01'::timestamp + i * interval '3 hours', '2019-01-01'::timestamp + i * interval '3 hours' + interval '30 minutes', 30 * i,
            30 * i + 28, 28, 30, 1
        from generate_series(1, {drives}) as i;
        insert into positions (date, latitude, longitude, speed, power, odometer, ideal_battery_range_km, rated_battery_range_km, battery_level,
            elevation, car_id, drive_id)
        select '2019-01-01'::timestamp + d * interval '3 hours' + p * interval '4 seconds', 48 + d % 90 * 0.05 + d * 0.000013 + p * 0.0001,
            7 + d % 70 * 0.1 + d * 0.000007 + p * 0.0001, p % 130, p % 90,
               30 * d + p * 0.07, 400 - p * 0.1, 380 - p * 0.1, 80 - p / 20, 100 + p % 37, 1, d
        from generate_series(1, {drives}) as d, generate_series(0, 422) as p;
        insert into charging_processes (start_date, end_date, charge_energy_added, car_id, position_id)
        select '2019-01-01 01:00'::timestamp + i * interval '3 hours', '2019-01-01 02:40'::timestamp + i * interval '3 hours', 7, 1, i
        from generate_series(1, {drives / 2}) as i;
        insert into charges (date, charge_energy_added, charger_actual_current, charger_phases, charger_power, charger_voltage,
            ideal_battery_range_km, charging_process_id)
        select '2019-01-01 01:00'::timestamp + i * interval '3 hours' + c * interval '1 minute', c * 0.18, 16, 3, 11, 230, 300 + c, i
        from generate_series(1, {drives / 2}) as i, generate_series(0, 104) as c
        """);

    static string Median(List<TimeSpan> times) => Seconds(times.Order().ElementAt(times.Count / 2));

    static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    static void Say(string line) => Console.WriteLine(line);

    [GeneratedRegex(@"^-- unless pending: \d+\n", RegexOptions.Multiline)]
    static partial Regex Conditions { get; }

    /// <summary>How long each version took.</summary>
    sealed class Steps : IProgress<MigrationProgress>
    {
        readonly List<(string Label, TimeSpan Time)> _steps = [];

        public void Report(MigrationProgress value)
        {
            if (value is MigrationProgress.Finished finished)
                _steps.Add((finished.Version.Split(' ')[0], finished.Took));
        }

        public string Slowest(int count)
            => string.Join(", ", _steps.OrderByDescending(step => step.Time).Take(count).Select(step => $"{step.Label} {Seconds(step.Time)}"));
    }
}
