using System.Collections.Concurrent;

namespace TeslaMate.Tests.Database.Migrations;

/// <summary>Databases as the reference left them: its tables, its <c>schema_migrations</c>, some rows, nothing of ours.</summary>
static class OldDatabase
{
    static readonly ConcurrentDictionary<long, Lazy<Task<TestDatabase>>> Templates = new();

    /// <summary>
    /// A copy of a database that the reference took to <paramref name="version"/>, with a few thousand rows from 20190812191616 on.
    /// </summary>
    public static async Task<TestDatabase> CreateAsync(long version)
    {
        var template = await Templates.GetOrAdd(version, wanted => new(() => CreateTemplateAsync(wanted))).Value;
        return await TestServer.CreateDatabaseAsync(template.Name);
    }

    static async Task<TestDatabase> CreateTemplateAsync(long version)
    {
        var template = await TestServer.CreateDatabaseAsync();
        await using (template.TestSource)
        {
            const long Filled = 20190812191616;
            await template.MigrateAsync(to: Math.Min(version, Filled));
            if (version >= Filled)
                await template.ExecuteAsync(Rows);
            if (version > Filled)
                await template.MigrateAsync(to: version);
            await template.ExecuteAsync("drop table changelog; drop schema teslamate cascade");
        }

        return template;
    }

    // A column's values follow its row's number, so that every run sees the same.
    const string Rows = """
        insert into cars (eid, vid, model, efficiency, inserted_at, updated_at)
        select 100 + i, 200 + i, 'M3', 0.153, '2019-01-01', '2019-01-01' from generate_series(1, 2) as i;
        insert into drives (start_date, end_date, start_km, end_km, distance, duration_min, car_id)
        select '2019-02-01'::timestamp + i * interval '3 hours', '2019-02-01'::timestamp + i * interval '3 hours' + interval '30 minutes', 30 * i,
            30 * i + 28, 28, 30, 1 + i % 2
        from generate_series(1, 200) as i;
        insert into positions (date, latitude, longitude, speed, power, odometer, ideal_battery_range_km, battery_level, altitude, car_id, drive_id)
        select '2019-02-01'::timestamp + d * interval '3 hours' + p * interval '18 seconds', 52 + d * 0.001 + p * 0.0001, 13 + p * 0.0001, p, p - 20,
            30 * d + p * 0.28,
               400 - p, 80 - p / 10, 100 + p % 7, 1 + d % 2, d
        from generate_series(1, 200) as d, generate_series(0, 99) as p;
        insert into charging_processes (start_date, end_date, charge_energy_added, car_id, position_id)
        select '2019-02-01 02:00'::timestamp + i * interval '3 hours', '2019-02-01 02:40'::timestamp + i * interval '3 hours', 7, 1 + i % 2, i * 100
        from generate_series(1, 40) as i;
        insert into charges (date, charge_energy_added, charger_actual_current, charger_phases, charger_power, charger_voltage,
            ideal_battery_range_km, charging_process_id)
        select '2019-02-01 02:00'::timestamp + i * interval '3 hours' + c * interval '1 minute', c * 0.18, 16, 3, 11, 230, 300 + c, i
        from generate_series(1, 40) as i, generate_series(0, 39) as c;
        insert into tokens (access, refresh, inserted_at, updated_at) values ('access-token-1', 'refresh-token-1', '2019-08-01', '2019-08-01');
        """;
}
