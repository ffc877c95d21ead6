using System.Globalization;
using Npgsql;

namespace TeslaMate.Benchmarks.Web;

/// <summary>
/// How much longer panels take that read the log as spec charts 3 says the reference's do, beside ours of the same name, by turns on the same rows
/// (<c>panels-compared FOLDER [positions [drives]]</c>). The left ones are written after that chapter; they are not the reference's own text.
/// </summary>
static class PanelComparison
{
    const int Times = 5;

    /// <summary>Of car 1, with <c>$from</c> and <c>$to</c>.</summary>
    /// <param name="Days">The window that the dashboard opens with.</param>
    sealed record Pair(string Panel, int Days, string FromTheLog, string Ours);

    static readonly Pair[] Pairs =
    [
        new("Overview: newest values", 1,
            "select * from public.positions where car_id = 1 order by date desc limit 1",
            "select * from teslamate.newest_reading(1)"),
        new("Battery Health: capacity now and new", 3652, """
            with rows as (
                select p.id, p.end_date, c.date, c.rated_battery_range_km * 0.15 / nullif(c.usable_battery_level, 0) * 100 as kwh
                from public.charges as c join public.charging_processes as p on p.id = c.charging_process_id
                where p.car_id = 1 and p.end_date is not null and p.charge_energy_added >= 15
            )
            select (select avg(kwh) from (select kwh from rows order by end_date desc, date desc limit 100) as newest),
                (select max(kwh) from (select distinct on (id) kwh from rows order by id, date desc) as last)
            """,
            "select * from teslamate.battery_health(1)"),
        new("Charge Level: level", 182, """
            select floor(extract(epoch from date) / 120), avg(battery_level), avg(usable_battery_level)
            from public.positions
            where car_id = 1 and ideal_battery_range_km is not null and date between $from and $to group by 1 order by 1
            """,
            "select * from teslamate.level_series(1, $from, $to)"),
        new("Charge Level: moving statistics", 182, """
            with buckets as (
                select floor(extract(epoch from date) / 7200) as bucket, avg(battery_level) as level
                from public.positions
                where car_id = 1 and ideal_battery_range_km is not null and date between $from - interval '15 days' and $to group by 1
            )
            select b.bucket, f.*
            from buckets as b cross join lateral (
                select avg(level), percentile_cont(array[0.5, 0.075, 0.925]) within group (order by level)
                from buckets as n where n.bucket between b.bucket - 180 and b.bucket + 180
            ) as f
            """,
            "select * from teslamate.level_moving_statistics(1, $from, $to)"),
        new("Charging Stats: energy by AC and DC", 3652, """
            select phases, sum(greatest(p.charge_energy_used, p.charge_energy_added))
            from public.charging_processes as p
            join (
                select charging_process_id, coalesce(mode() within group (order by charger_phases), 0) > 0 as phases
                from public.charges group by 1
            ) as c on c.charging_process_id = p.id
            where p.car_id = 1 and p.end_date between $from and $to group by 1
            """,
            "select * from teslamate.charge_statistics(1, $from, $to, 'Europe/Berlin', 'total')"),
        new("Charging Stats: DC curve", 3652, """
            select c.battery_level, percentile_cont(0.5) within group (order by c.charger_power)
            from public.charges as c join public.charging_processes as p on p.id = c.charging_process_id
            where p.car_id = 1 and c.fast_charger_present and c.charger_power > 0 and c.date between $from and $to group by 1
            """,
            "select * from teslamate.charge_curve(1, $from, $to)"),
        new("Database Information: rows", 1, """
            select (select count(*) from public.positions), (select count(*) from public.charges), (select count(*) from public.drives),
                (select count(*) from public.states), (select count(*) from public.addresses)
            """,
            "select * from teslamate.database_tables()"),
        new("Drive Stats: speed histogram", 365, """
            select round(speed / 10.0) * 10, sum(seconds)
            from (
                select speed, extract(epoch from lead(date) over (partition by drive_id order by date) - date) as seconds
                from public.positions
                where car_id = 1 and ideal_battery_range_km is not null and drive_id is not null and date between $from and $to
            ) as steps
            group by 1
            """,
            "select * from teslamate.speed_histogram(1, $from, $to, 'km')"),
        new("Projected Range", 182, """
            select floor(extract(epoch from date) / 21600), sum(range) / nullif(sum(usable), 0) * 100, avg(odometer)
            from (
                select date, rated_battery_range_km as range, coalesce(usable_battery_level, battery_level) as usable, odometer
                from public.positions
                where car_id = 1 and ideal_battery_range_km is not null and date between $from and $to
                union all
                select c.date, c.rated_battery_range_km, coalesce(c.usable_battery_level, c.battery_level), null
                from public.charges as c join public.charging_processes as p on p.id = c.charging_process_id
                where p.car_id = 1 and c.date between $from and $to
            ) as samples
            group by 1
            """,
            "select * from teslamate.projected_range(1, $from, $to, 'Europe/Berlin', 'day')"),
        new("Trip: map", 1, """
            select floor(extract(epoch from date) / 5), avg(latitude), avg(longitude)
            from public.positions where car_id = 1 and date between $from and $to group by 1 order by 1
            """,
            "select * from teslamate.routes(1, $from, $to)"),
        new("Visited: map", 90, """
            select floor(extract(epoch from date) / 60), avg(latitude), avg(longitude)
            from public.positions
            where car_id = 1 and ideal_battery_range_km is not null and date between $from and $to group by 1 order by 1
            """,
            "select * from teslamate.routes(1, $from, $to)"),
        new("Drive Details: series", 1, """
            select date, speed, power, rated_battery_range_km, battery_level, elevation, outside_temp, inside_temp
            from public.positions
            where car_id = 1 and date between (select start_date from public.drives where id = $drive)
                and (select end_date from public.drives where id = $drive)
            """,
            "select * from teslamate.drive_series($drive)"),
    ];

    public static async Task RunAsync(string folder, YearsOfDriving.Size size)
    {
        await using var cluster = await YearsOfDriving.StartAsync(folder, size);
        await using var source = NpgsqlDataSource.Create(cluster.ConnectionString(YearsOfDriving.InOrder) + ";Command Timeout=0");
        await using var connection = await source.OpenConnectionAsync();
        var server = new ServerTime(cluster);
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        Console.WriteLine("| panel | days | from the log, ms | ours, ms | ratio | of processor time |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var pair in Pairs)
        {
            var (theirs, ours) = (new Turns(), new Turns());
            for (var turn = 0; turn <= Times; turn++)
            {
                await theirs.RunAsync(connection, server, Sql(pair.FromTheLog, pair.Days), counts: turn > 0);
                await ours.RunAsync(connection, server, Sql(pair.Ours, pair.Days), counts: turn > 0);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {pair.Panel} | {pair.Days} | {theirs.Median:0.0} | {ours.Median:0.0} | {theirs.Median / ours.Median:0.0} | "
                    + $"{theirs.Processor.TotalMilliseconds / Times:0} : {ours.Processor.TotalMilliseconds / Times:0} |"));
        }

        string Sql(string text, int days) => text.Replace("$from", Moment(now.AddDays(-days)), StringComparison.Ordinal)
            .Replace("$to", Moment(now), StringComparison.Ordinal)
            .Replace("$drive", (size.Drives / 2 + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

        static string Moment(DateTime at) => $"timestamp '{at.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}'";
    }

    sealed class Turns
    {
        readonly List<double> _took = [];

        public double Median => _took.Order().ElementAt(_took.Count / 2);

        public TimeSpan Processor { get; private set; }

        public async Task RunAsync(NpgsqlConnection connection, ServerTime server, string sql, bool counts)
        {
            var (clock, before) = (System.Diagnostics.Stopwatch.StartNew(), server.Taken());
            clock.Restart();
            await using (var command = new NpgsqlCommand(sql, connection))
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                }
            }

            if (!counts)
                return;
            _took.Add(clock.Elapsed.TotalMilliseconds);
            Processor += server.Taken() - before;
        }
    }
}
