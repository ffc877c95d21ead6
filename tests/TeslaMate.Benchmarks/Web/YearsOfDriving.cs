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

    /// <summary>All that a folder may have.</summary>
    public static IReadOnlyList<string> Layouts { get; } = [InOrder, Refilled, Imported, Shuffled];

    public const int Cars = 2;

    /// <summary>How much was driven.</summary>
    /// <param name="Positions">In all.</param>
    /// <param name="Drives">Of all cars, equally spread over eight years; three of ten are followed by a charge.</param>
    public sealed record Size(int Positions, int Drives)
    {
        public int PositionsOfDrive => Positions / Drives;

        /// <summary>Positions of a drive itself; a few more are of the time after it.</summary>
        public int Driven => PositionsOfDrive * 24 / 25;

        public double StepSeconds => 2400.0 / Driven;
    }

    /// <summary>The server of the folder, with the database in order; it is filled when the folder is new.</summary>
    /// <param name="layouts">What else is made unless it is there.</param>
    public static async Task<PrivateCluster> StartAsync(string folder, Size size, params IReadOnlyCollection<string> layouts)
    {
        var cluster = await PrivateCluster.StartAsync(folder,
            settings: ["shared_buffers = 1GB", "max_wal_size = 8GB", "synchronous_commit = off", "autovacuum = off"]);
        await using var administration = NpgsqlDataSource.Create(cluster.ConnectionString() + ";Command Timeout=0");
        await MakeAsync(administration, InOrder, "template1", async name =>
        {
            await MigrateAsync(cluster, folder, name);
            await FillAsync(cluster, name, size);
        });
        // One of an older program.
        await MigrateAsync(cluster, folder, InOrder);
        foreach (var layout in layouts)
            await MakeAsync(administration, layout, InOrder, name => ChangeAsync(cluster, name, size, layout switch
            {
                Refilled => FillInElevations(size.Positions),
                Imported => ImportOldYears(size.Positions),
                _ => Shuffle(),
            }));
        return cluster;
    }

    static async Task MigrateAsync(PrivateCluster cluster, string folder, string name)
    {
        await using var cloud = new TeslaCloud([], TimeProvider.System);
        await cloud.StartAsync();
        await using var program = new ProgramWithCars(cluster, cloud, folder, name);
        await program.MigrateAsync();
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

    static async Task ChangeAsync(PrivateCluster cluster, string name, Size size, IEnumerable<string> changes)
    {
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString(name) + ";Command Timeout=0;Pooling=false");
        foreach (var change in changes)
            await ExecuteAsync(database, change);
        // New drives fill the gaps.
        await DriveAsync(database, size, size.Drives, size.Drives + 200);
        await ExecuteAsync(database, "vacuum analyze");
    }

    static async Task FillAsync(PrivateCluster cluster, string name, Size size)
    {
        await using var database = NpgsqlDataSource.Create(cluster.ConnectionString(name) + ";Command Timeout=0;Pooling=false");
        await ExecuteAsync(database, $"""
            insert into car_settings (id) select n from generate_series(1, {Cars}) n;
            insert into cars (id, eid, vid, vin, name, model, efficiency, settings_id, inserted_at, updated_at)
            select n, n, n, '5YJ3E1EA7KF31700' || n, 'Car ' || n, '3', 0.15, n, now(), now() from generate_series(1, {Cars}) n;
            select setval('cars_id_seq', {Cars}), setval('car_settings_id_seq', {Cars});
            insert into addresses (id, display_name, name, road, house_number, city, state, country, latitude, longitude, osm_id, osm_type,
                inserted_at, updated_at)
            select n, 'Place ' || n, case when n % 3 = 0 then 'Place ' || n end, 'Road ' || n, n % 90, 'City ' || n % 50, 'State ' || n % 12,
                'Country ' || n % 5, 52.5 + n % 50 * 0.1, 13.4 + n % 40 * 0.1, n, 'node', now(), now()
            from generate_series(1, 2000) n;
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at)
            select n, 'Fence ' || n, 52.5 + n * 0.01, 13.4, 50, now(), now() from generate_series(1, 30) n;
            """);
        await DriveAsync(database, size, 0, size.Drives);
        await ExecuteAsync(database, $"""
            insert into charging_processes (id, start_date, end_date, charge_energy_added, charge_energy_used, start_battery_level,
                end_battery_level, duration_min, outside_temp_avg, cost, start_rated_range_km, end_rated_range_km, start_ideal_range_km,
                end_ideal_range_km, car_id, position_id, address_id, geofence_id)
            select n, start_date + interval '1 hour', start_date + interval '2 hours', (380 - end_rated_range_km) * 0.15,
                (380 - end_rated_range_km) * 0.165, end_rated_range_km / 4.2, 90, 60, outside_temp_avg,
                case when n % 5 > 0 then (380 - end_rated_range_km) * 0.05 end, end_rated_range_km, 380, end_ideal_range_km, 400, car_id,
                end_position_id, end_address_id, end_geofence_id
            from (
                select *, row_number() over (order by id) as n from drives where ((id - 1) / {Cars} + (id - 1) % {Cars}) % 10 in (0, 3, 6)
            ) as drives;
            insert into charges (date, charging_process_id, charge_energy_added, charger_power, charger_voltage, charger_actual_current,
                charger_phases, fast_charger_present, fast_charger_type, outside_temp, battery_level, usable_battery_level,
                ideal_battery_range_km, rated_battery_range_km)
            select start_date + step * interval '9 seconds', id, charge_energy_added * step / 400,
                case when id % 3 = 0 then 150 - step / 4 else 11 end,
                case when id % 3 = 0 then 2 else 230 end, 16, case when id % 3 > 0 then 3 end, id % 3 = 0,
                case when id % 3 = 0 then 'Tesla' else '<invalid>' end, outside_temp_avg, range / 4.2, range / 4.2, range + 20, range
            from (
                select *, start_rated_range_km + (end_rated_range_km - start_rated_range_km) * step / 400 as range
                from charging_processes, generate_series(0, 400) as step
            ) as rows
            order by start_date + step * interval '9 seconds', id;
            insert into states (state, start_date, end_date, car_id)
            select state::states_status, case state when 'online' then start_date else start_date + interval '1 hour' end,
                case state when 'online' then start_date + interval '1 hour' else next end, car_id
            from (select *, lead(start_date) over (partition by car_id order by start_date) as next from drives) as drives,
                unnest(array['online', 'asleep']) as state
            where next is not null
            order by start_date;
            insert into states (state, start_date, end_date, car_id) select 'online', max(start_date), null, car_id from drives group by car_id;
            insert into updates (start_date, end_date, version, car_id)
            select released, released + interval '25 minutes', to_char(released, 'YYYY.IW') || ' 0a1b2c', id
            from cars, generate_series(now() - interval '8 years', now(), interval '1 month') as released
            """);
        // As autovacuum would have long before: it is off here, and summarizes the block ranges by which a drive's positions are found.
        await ExecuteAsync(database, "vacuum analyze");
        Console.WriteLine($"statistics of {size}: {await StatisticsMeasurements.RebuildAsync(database)}");
        await ExecuteAsync(database, "vacuum analyze");
    }

    /// <summary>
    /// Drives of all cars at the same time, spread over eight years that end today. Every fourth position is of a poll, the others are of the stream;
    /// the last of each drive's share are those of the car parked after it. A charge after every third or fourth drive fills the battery again.
    /// </summary>
    static async Task DriveAsync(NpgsqlDataSource database, Size size, int from, int to)
    {
        const string Schedule = "date_trunc('day', now() at time zone 'UTC') - interval '2922 days'";
        await ExecuteAsync(database, string.Create(CultureInfo.InvariantCulture, $"""
            insert into drives (id, car_id, start_date, end_date, distance, duration_min, speed_max, power_max, power_min, start_km, end_km,
                start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km, outside_temp_avg, inside_temp_avg,
                start_address_id, end_address_id, start_geofence_id, end_geofence_id, ascent, descent)
            select n + 1, car + 1, started, started + {size.Driven - 1} * interval '{size.StepSeconds} seconds', 35, 40, 120, 150, -50,
                trip * 35, trip * 35 + 35, 400 - 44 * since_charge, 360 - 44 * since_charge, 380 - 44 * since_charge, 340 - 44 * since_charge,
                12 - 13 * cos(2 * pi() * extract(doy from started) / 365), 21,
                n % 2000 + 1, n * 7 % 2000 + 1, case when n % 3 = 0 then n % 30 + 1 end, case when n % 5 = 0 then n % 30 + 1 end, 120, 110
            from (
                select n, n % {Cars} as car, n / {Cars} as trip, case (n / {Cars} + n % {Cars}) % 10 when 0 then 3 else
                        ((n / {Cars} + n % {Cars}) % 10 + 2) % 3 end as since_charge,
                    {Schedule} + n / {Cars} * (interval '2922 days' / {size.Drives / Cars}) as started
                from generate_series({from}, {to - 1}) as n
            ) as drive
            """));
        await ExecuteAsync(database, string.Create(CultureInfo.InvariantCulture, $"""
            insert into positions (id, date, latitude, longitude, speed, power, odometer, ideal_battery_range_km, rated_battery_range_km,
                est_battery_range_km, battery_level, usable_battery_level, outside_temp, inside_temp, elevation, car_id, drive_id, is_climate_on,
                fan_status, tpms_pressure_fl, tpms_pressure_fr, tpms_pressure_rl, tpms_pressure_rr)
            select 1 + (n::bigint * {size.PositionsOfDrive} + point * {Cars} + car),
                case when driven then started + point * interval '{size.StepSeconds} seconds'
                    else started + interval '45 minutes' + (point - {size.Driven}) * interval '15 seconds' end,
                52.5 + n % 50 * 0.01 + least(point, {size.Driven}) * 0.0005, 13.4 + least(point, {size.Driven}) * 0.0007,
                case when driven then 60 + point % 60 else 0 end, case when driven then point % 100 - 20 else 0 end, km,
                case when polled then range + 20 end, case when polled then range end, case when polled then range - 10 end,
                range / 4.2, case when polled then range / 4.2 end, case when polled then 15 end, case when polled then 21 end, 100 + point % 50,
                car + 1, case when driven then n + car + 1 end, case when polled then driven end, case when polled then 3 end,
                case when polled then 2.9 end, case when polled then 2.9 end, case when polled then 2.8 end, case when polled then 2.8 end
            from (
                select n, point, car, point < {size.Driven} as driven, point % 4 = 0 or point >= {size.Driven} as polled,
                    {Schedule} + n / {Cars} * (interval '2922 days' / {size.Drives / Cars}) as started,
                    n / {Cars} * 35.0 + 35.0 * least(point, {size.Driven - 1}) / {size.Driven - 1} as km,
                    380 - 44 * case (n / {Cars} + car) % 10 when 0 then 3 else ((n / {Cars} + car) % 10 + 2) % 3 end
                        - 40.0 * least(point, {size.Driven}) / {size.Driven} as range
                from generate_series({from}, {to - 1}, {Cars}) as n, generate_series(0, {size.PositionsOfDrive - 1}) as point,
                    generate_series(0, {Cars - 1}) as car
            ) as position
            order by n, point, car
            """));
        await ExecuteAsync(database, $"""
            update drives set start_position_id = 1 + (id - 1) / {Cars} * {size.PositionsOfDrive * Cars} + (id - 1) % {Cars},
                end_position_id = 1 + (id - 1) / {Cars} * {size.PositionsOfDrive * Cars} + {(size.Driven - 1) * Cars} + (id - 1) % {Cars}
            where id > {from};
            select setval('trips_id_seq', {to}), setval('positions_id_seq', {(long)to * size.PositionsOfDrive})
            """);
    }

    public static async Task ExecuteAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
