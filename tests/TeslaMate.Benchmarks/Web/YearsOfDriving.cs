using System.Globalization;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Simulator.Cloud;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// Databases as they look after years of driving, kept in a folder between measurements: the same drives and charges with their positions in the
/// order in which several cars at once wrote them, moved about by a later filling-in of all elevations, with the older half imported after the newer
/// one and the holes that a sold car left filled by new drives, and shuffled, which no way of using the program leads to.
/// </summary>
static class YearsOfDriving
{
    public const string InOrder = "in_order";
    public const string Refilled = "refilled";
    public const string Imported = "imported";
    public const string Shuffled = "shuffled";

    public const int Cars = 5;

    const int PositionsOfDrive = 500;

    /// <summary>The server of the folder, with the database in order; it is filled when the folder is new.</summary>
    /// <param name="layouts">What else is made unless it is there.</param>
    public static async Task<PrivateCluster> StartAsync(string folder, int positions, params IReadOnlyCollection<string> layouts)
    {
        var cluster = await PrivateCluster.StartAsync(folder,
            settings: ["shared_buffers = 1GB", "max_wal_size = 8GB", "synchronous_commit = off", "autovacuum = off"]);
        await using var administration = NpgsqlDataSource.Create(cluster.ConnectionString() + ";Command Timeout=0");
        var drives = positions / PositionsOfDrive;
        await MakeAsync(administration, InOrder, "template1", async name =>
        {
            await using var cloud = new TeslaCloud([], TimeProvider.System);
            await cloud.StartAsync();
            await using var program = new ProgramWithCars(cluster, cloud, folder, name);
            await program.MigrateAsync();
            await FillAsync(cluster, name, positions);
        });
        foreach (var layout in layouts)
            await MakeAsync(administration, layout, InOrder, name => ChangeAsync(cluster, name, drives, layout switch
            {
                Refilled => FillInElevations(positions),
                Imported => ImportOldYears(positions),
                _ => Shuffle(),
            }));
        return cluster;
    }

    /// <summary>Whether a layout has been made in the folder.</summary>
    public static async Task<bool> HasAsync(PrivateCluster cluster, string layout)
    {
        await using var administration = NpgsqlDataSource.Create(cluster.ConnectionString() + ";Pooling=false");
        return await HasAsync(administration, layout);
    }

    static async Task<bool> HasAsync(NpgsqlDataSource administration, string database)
    {
        await using var exists = administration.CreateCommand("select 1 from pg_database where datname = $1");
        exists.Parameters.AddWithValue(database);
        return await exists.ExecuteScalarAsync() is not null;
    }

    // Rows are moved by deleting them first.
    static IEnumerable<string> Unbind() =>
    [
        "alter table drives drop constraint drives_start_position_id_fkey, drop constraint drives_end_position_id_fkey",
        "alter table charging_processes drop constraint charging_processes_position_id_fkey",
    ];

    static IEnumerable<string> Shuffle() =>
        [.. Unbind(), "create table mixed as select * from positions order by random()", "truncate positions",
            "insert into positions select * from mixed", "drop table mixed"];

    /// <summary>The older half behind the newer one, and room among the newer for what is driven next.</summary>
    static IEnumerable<string> ImportOldYears(int positions) =>
    [
        .. Unbind(),
        $"create table old as select * from positions where id <= {positions / 2}",
        $"delete from positions where id <= {positions / 2}",
        "insert into positions select * from old order by id",
        "drop table old",
        // A charge's place is never deleted.
        $"delete from positions where car_id = {Cars} and id > {positions / 2} and id not in (select position_id from charging_processes)",
        "vacuum positions",
    ];

    /// <summary>The elevations of the newest fifth, a hundred thousand rows after another, with the vacuum of a busy hour in between.</summary>
    static IEnumerable<string> FillInElevations(int positions)
    {
        const int Batch = 100_000;
        for (var first = positions / 5 * 4; first < positions; first += Batch)
        {
            yield return $"update positions set elevation = 100 + (id % 300) where id between {first} and {first + Batch - 1}";
            yield return "vacuum positions";
        }
    }

    /// <summary>Makes a database unless it is there; one that was interrupted is made anew.</summary>
    static async Task MakeAsync(NpgsqlDataSource administration, string name, string template, Func<string, Task> fill)
    {
        if (await HasAsync(administration, name))
            return;
        var unfinished = $"{name}_unfinished";
        await ExecuteAsync(administration, $"drop database if exists {unfinished} with (force)");
        await LeaveAsync(template);
        await ExecuteAsync(administration, $"create database {unfinished} template {template}");
        await fill(unfinished);
        await LeaveAsync(unfinished);
        await ExecuteAsync(administration, $"alter database {unfinished} rename to {name}");

        // Pools keep connections for a while.
        Task LeaveAsync(string database)
            => ExecuteAsync(administration, $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}'");
    }

    static async Task ChangeAsync(PrivateCluster cluster, string name, int drives, IEnumerable<string> changes)
    {
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString(name) + ";Command Timeout=0;Pooling=false");
        foreach (var change in changes)
            await ExecuteAsync(database, change);
        // New drives fill the gaps.
        await DriveAsync(database, drives, drives + 200);
        await ExecuteAsync(database, "vacuum analyze");
    }

    static async Task FillAsync(PrivateCluster cluster, string name, int positions)
    {
        var drives = positions / PositionsOfDrive;
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString(name) + ";Command Timeout=0;Pooling=false");
        await ExecuteAsync(database, $"""
            insert into car_settings (id) select n from generate_series(1, {Cars}) n;
            insert into cars (id, eid, vid, vin, name, model, efficiency, settings_id, inserted_at, updated_at)
            select n, n, n, '5YJ3E1EA7KF31700' || n, 'Car ' || n, '3', 0.15, n, now(), now() from generate_series(1, {Cars}) n;
            select setval('cars_id_seq', {Cars}), setval('car_settings_id_seq', {Cars});
            insert into addresses (id, display_name, name, road, house_number, city, country, latitude, longitude, osm_id, osm_type, inserted_at,
                updated_at)
            select n, 'Place ' || n, case when n % 3 = 0 then 'Place ' || n end, 'Road ' || n, n % 90, 'City ' || n % 50, 'Country', 52.5, 13.4, n,
                'node', now(), now() from generate_series(1, 2000) n;
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at)
            select n, 'Fence ' || n, 52.5 + n * 0.01, 13.4, 50, now(), now() from generate_series(1, 30) n;
            """);
        await DriveAsync(database, 0, drives);
        await ExecuteAsync(database, $"""
            insert into charging_processes (id, start_date, end_date, charge_energy_added, charge_energy_used, start_battery_level, end_battery_level,
                duration_min, outside_temp_avg, cost,
                start_rated_range_km, end_rated_range_km, start_ideal_range_km, end_ideal_range_km, car_id, position_id, address_id, geofence_id)
            select n, start_date + interval '1 hour', start_date + interval '2 hours', 30, 33, 30, 80, 60, 15, 9.9, 120, 320, 130, 340, car_id,
                end_position_id, end_address_id, end_geofence_id
            from (select *, row_number() over (order by id) as n from drives where id % 4 = 0) as drives;
            insert into charges (date, charging_process_id, charge_energy_added, charger_power, charger_voltage, charger_actual_current,
                charger_phases, battery_level, ideal_battery_range_km, rated_battery_range_km)
            select start_date + step * interval '9 seconds', id, step * 0.075, 30 - step / 40, 400, 80, 3, 30 + step / 8, 130 + step * 0.5,
                120 + step * 0.5
            from charging_processes, generate_series(0, 400) as step order by start_date, id;
            insert into states (state, start_date, end_date, car_id) select 'online', min(start_date), null, car_id from drives group by car_id;
            insert into updates (start_date, end_date, version, car_id)
                select now() - interval '1 year', now() - interval '1 year', '2025.44.3 0a1b2c', id from cars
            """);
        await ExecuteAsync(database, "vacuum analyze");
    }

    /// <summary>Drives of all cars at the same time, every three hours; every fourth position is of a poll, the others are of the stream.</summary>
    static async Task DriveAsync(NpgsqlDataSource database, int from, int to)
    {
        await ExecuteAsync(database, string.Create(CultureInfo.InvariantCulture, $"""
            insert into drives (id, car_id, start_date, end_date, distance, duration_min, speed_max, power_max, power_min, start_km, end_km,
                start_ideal_range_km, end_ideal_range_km,
                start_rated_range_km, end_rated_range_km, outside_temp_avg, inside_temp_avg, start_address_id, end_address_id, start_geofence_id,
                    end_geofence_id, ascent, descent)
            select n + 1, n % {Cars} + 1, started, started + interval '2495 seconds', 35, 42, 120, 150, -50, n * 30, n * 30 + 35, 300, 260, 280, 245,
                15, 21,
                n % 2000 + 1, n * 7 % 2000 + 1, case when n % 3 = 0 then n % 30 + 1 end, case when n % 5 = 0 then n % 30 + 1 end, 120, 110
            from (select n, timestamp '2018-01-01' + n / {Cars} * interval '3 hours' as started from generate_series({from}, {to - 1}) n) as drive
            """));
        await ExecuteAsync(database, string.Create(CultureInfo.InvariantCulture, $"""
            insert into positions (id, date, latitude, longitude, speed, power, odometer, ideal_battery_range_km, rated_battery_range_km,
                est_battery_range_km, battery_level, usable_battery_level,
                outside_temp, inside_temp, elevation, car_id, drive_id, is_climate_on, fan_status)
            select 1 + (drive::bigint * {PositionsOfDrive} + point * {Cars} + car),
                timestamp '2018-01-01' + drive / {Cars} * interval '3 hours' + point * interval '5 seconds' + car * interval '1 ms',
                52.5 + point * 0.0005, 13.4 + point * 0.0007, 60 + point % 60, point % 100 - 20, drive * 6 + point * 0.07,
                case when point % 4 = 0 then 300 - point * 0.08 end, case when point % 4 = 0 then 280 - point * 0.07 end,
                    case when point % 4 = 0 then 250 - point * 0.07 end,
                80 - point / 20, case when point % 4 = 0 then 80 - point / 20 end, case when point % 4 = 0 then 15 end,
                    case when point % 4 = 0 then 21 end, 100 + point % 50,
                car + 1, drive + car + 1, case when point % 4 = 0 then true end, case when point % 4 = 0 then 3 end
            from generate_series({from}, {to - 1}, {Cars}) drive, generate_series(0, {PositionsOfDrive - 1}) point, generate_series(0, {Cars - 1}) car
            order by drive, point, car
            """));
        await ExecuteAsync(database, $"""
            update drives set start_position_id = 1 + (id - 1) / {Cars} * {PositionsOfDrive * Cars} + (id - 1) % {Cars},
                end_position_id = 1 + (id - 1) / {Cars} * {PositionsOfDrive * Cars} + {(PositionsOfDrive - 1) * Cars} + (id - 1) % {Cars}
            where id > {from};
            select setval('trips_id_seq', {to}), setval('positions_id_seq', {(long)to * PositionsOfDrive})
            """);
    }

    public static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
