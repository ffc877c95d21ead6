using System.Globalization;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Database.Measures;

/// <summary>Whatever the log, periods, lists and totals say the same, before and after what is kept is filled.</summary>
public sealed class AgreementTests
{
    [Theory]
    [InlineData(1, "Europe/Berlin", 1), InlineData(1, "Europe/Berlin", 2), InlineData(2, "America/St_Johns", 2), InlineData(3, "Pacific/Apia", 1)]
    public async Task Sums_over_periods_are_the_total(int seed, string zone, int car)
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        RandomLog.Fill(log, seed);
        var window = $"{car}, '2026-02-10 05:00', '2026-11-20 17:00'";
        var sums = new Dictionary<string, string>();
        foreach (var fill in (string[])["select 1", $"select teslamate.refresh_drives({car}), teslamate.refresh_charges({car}), "
            + $"teslamate.refresh_parked({car}, null), teslamate.refresh_levels({car})"])
        {
            await log.LinesAsync(fill);
            foreach (var period in (string[])["total", "year", "month", "week", "day"])
            {
                Same("statistics", await log.LineAsync($"""
                    select sum(drives), sum(open_drives), sum(distance_km), sum(net_kwh), sum(gross_kwh), sum(gross_distance_km), sum(odometer_km),
                        sum(gap_km), sum(charges), sum(energy_added_kwh),
                        sum(energy_used_kwh), sum(cost), sum(priced_charges), sum(open_charges), sum(uncounted_drives), sum(uncounted_charges)
                    from teslamate.statistics({window}, '{zone}', '{period}', '2026-12-01')
                    """, 6));
                // Together they are what each says alone.
                if (period != "total")
                    (await log.LinesAsync($"select * from teslamate.statistics({window}, '{zone}', '{period}', '2026-12-01', true)", 6)).ShouldBe([
                        .. await log.LinesAsync($"select * from teslamate.statistics({window}, '{zone}', 'total', '2026-12-01')", 6),
                        .. await log.LinesAsync($"select * from teslamate.statistics({window}, '{zone}', '{period}', '2026-12-01')", 6)]);
                if (period != "total")
                    (await IdleAsync($"'{period}', true")).ShouldBe([.. await IdleAsync("'total'"), .. await IdleAsync($"'{period}'")]);
                Same("idle", await log.LineAsync($"select sum(idle_s), sum(idle_kwh), sum(asleep_s) from teslamate.idle_statistics({window}, "
                    + $"'2026-12-01', '{zone}', '{period}')", 4));
                Same("recovered", await log.LineAsync($"select sum(recovered_kwh), sum(moving_s) from teslamate.recovery_statistics({window}, "
                    + $"'{zone}', '{period}')", 6));
                Same("samples", await log.LineAsync($"select sum(samples) from teslamate.projected_range({window}, '{zone}', '{period}')"));
            }

            var list = (await log.LineAsync($"select count(*), sum(distance_km), sum(net_kwh) from teslamate.drive_list({window}) where is_counted",
                6)).Split('|');
            var total = sums["statistics"].Split('|');
            (list[0], list[1], list[2]).ShouldBe((total[0], total[2], total[3]));
            (await log.LineAsync($"select count(*), sum(energy_added_kwh), sum(energy_used_kwh), sum(cost) from teslamate.charge_list({window}) "
                + "where is_counted", 6))
                .ShouldBe($"{total[8]}|{total[9]}|{total[10]}|{total[11]}");
            (await log.LineAsync(
                $"select sum(charges), sum(energy_added_kwh), sum(energy_used_kwh), sum(cost) from teslamate.charge_places({window})", 6))
                .ShouldBe($"{total[8]}|{total[9]}|{total[10]}|{total[11]}");
            // The rows themselves say the same of what is open.
            (await log.LineAsync($"""
                select (select count(*) from drives where car_id = {car} and end_date is null and start_date >= '2026-02-10 05:00'
                        and start_date < '2026-11-20 17:00'),
                    (select count(*) from charging_processes where car_id = {car} and end_date is null and start_date >= '2026-02-10 05:00'
                        and start_date < '2026-11-20 17:00')
                """)).ShouldBe($"{total[1]}|{total[13]}");
            (await log.LineAsync($"select sum(duration_s) from teslamate.timeline({window}, '2026-12-01') where kind = 'parking'", 4)).ShouldBe(
                sums["idle"].Split('|')[0]);
        }

        Task<List<string>> IdleAsync(string periods)
            => log.LinesAsync($"select * from teslamate.idle_statistics({window}, '2026-12-01', '{zone}', {periods})", 6);

        void Same(string what, string line)
        {
            if (sums.TryGetValue(what, out var known))
                line.ShouldBe(known, what);
            else
                sums[what] = line;
        }
    }

    [Theory]
    [InlineData(1, 1), InlineData(2, 2), InlineData(3, 1)]
    public async Task A_span_of_a_state_is_what_lies_on_top_at_each_of_its_moments(int seed, int car)
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        RandomLog.Fill(log, seed);
        // Several states of a kind at once, and one that begins as another ends.
        foreach (var (state, start, end) in new[] { ("online", "02:00", "09:00"), ("asleep", "03:00", "05:00"), ("asleep", "04:00", "06:00"),
            ("offline", "05:30", "07:00"), ("offline", "07:00", "07:00"), ("online", "07:30", "08:00") })
            log.State(state, $"2026-12-05 {start}", $"2026-12-05 {end}", car);
        var spans = $"teslamate.state_spans({car}, '2026-02-10 05:00', '2026-12-06', '2026-12-06')";
        (await log.LineAsync($"""
            with known as (
                select state::text, case state when 'online' then 1 when 'offline' then 2 else 3 end as place, start_date,
                    coalesce(end_date, '2026-12-06') as end_date
                from states where car_id = {car}
                union all
                select 'updating', 4, start_date, coalesce(end_date, '2026-12-06') from updates where car_id = {car}
                union all
                select 'charging', 5, start_date, coalesce(end_date, case when start_date = (
                    select max(start_date) from charging_processes where car_id = {car}) then '2026-12-06' else start_date end)
                from charging_processes where car_id = {car}
                union all
                select 'driving', 6, start_date, coalesce(end_date, case when start_date = (
                    select max(start_date) from drives where car_id = {car}) then '2026-12-06' else start_date end)
                from drives where car_id = {car}
            ), moments as (
                select start_date as moment from known
                union
                select end_date from known
                union
                select start_date + interval '1 minute' from known
                union
                select generate_series(timestamp '2026-02-10 05:00', '2026-12-06', '7 hours')
            )
            select least(count(*), 500), count(*) filter (where expected.state is distinct from found.state), count(*) filter (where found.n > 1)
            from moments
            left join lateral (
                select k.state from known as k where k.start_date <= moment and k.end_date > moment order by k.place desc limit 1
            ) as expected on true
            cross join lateral (
                select min(s.state) as state, count(*) as n from {spans} as s where s.start_date <= moment and s.end_date > moment
            ) as found
            where moment >= '2026-02-10 05:00' and moment < '2026-12-06'
            """)).ShouldBe("500|0|0");
        // No span goes on in the next one.
        (await log.LineAsync($"""
            select least(count(*), 20), count(*) filter (where state = next and end_date = begins),
                count(*) filter (where end_date > begins or end_date <= start_date)
            from (select *, lead(state) over w as next, lead(start_date) over w as begins from {spans} window w as (order by start_date)) as s
            """)).ShouldBe("20|0|0");
    }

    [Theory]
    // 52 days: a sixth is 8 days, 4 before and 4 after; a twelfth 4 days. 184 days: a sixth is 30 days. 10 days: a sixth is one day, half of it none.
    [InlineData(4, 1, 6, "2026-04-01", 96), InlineData(5, 2, 12, "2026-04-01", 24), InlineData(6, 4, 6, "2026-04-01", 24)]
    [InlineData(7, 2, 6, "2026-08-11", 180), InlineData(8, 1, 6, "2026-02-18", 0)]
    public async Task Moving_statistics_of_the_level_are_those_of_each_frame(int seed, int hours, int frames, string to, int half)
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        var random = new Random(seed);
        var date = new DateTime(2026, 2, 1);
        for (var number = 0; number < 400; number++)
        {
            date = date.AddMinutes(random.Next(20) == 0 ? random.Next(6000) : random.Next(200));
            log.Position(date.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), level: random.Next(5, 100), range: 300);
        }

        var since = "timestamp '2026-02-08'";
        var until = $"timestamp '{to}'";
        (await log.LineAsync($"""
            with w as (
                select {hours} * interval '1 hour' as width, {half} as half
            ), buckets as (
                select date_bin(w.width, p.date, timestamp '2000-01-01') as bucket, avg(p.battery_level)::double precision as level
                from w, public.positions as p
                where p.date >= {since} - w.half * w.width and p.date < {until}
                group by 1
            ), grid as (
                select g as bucket, b.level, row_number() over (order by g) as number,
                    (select h.level from buckets as h where h.bucket <= g order by h.bucket desc limit 1) as held
                from w, generate_series(date_bin(w.width, {since} - w.half * w.width, timestamp '2000-01-01'), {until}, w.width) as g
                left join buckets as b on b.bucket = g
            ), expected as (
                select g.bucket, f.*
                from grid as g, w, lateral (
                    select avg(n.held) as mean, percentile_cont(0.5) within group (order by n.held) as median,
                        percentile_cont(0.075) within group (order by n.held) as low, percentile_cont(0.925) within group (order by n.held) as high
                    from grid as n where n.number between g.number - w.half and g.number + w.half
                ) as f
                where g.level is not null and g.bucket >= {since}
            )
            select count(*) > 30, count(e.bucket) = count(s.date), max(greatest(abs(e.mean - s.mean), abs(e.median - s.median), abs(e.low - s.low),
                abs(e.high - s.high))) < 1e-9
            from expected as e
            full join teslamate.level_moving_statistics(1, {since}, {until}, {hours}, {frames}) as s on s.date = e.bucket
            """)).ShouldBe("True|True|True");
    }

    [Theory]
    [InlineData("select 1"), InlineData("select teslamate.refresh_charges(1)")]
    public async Task Over_years_each_charge_is_one_point_of_the_means_that_a_shorter_window_has(string fill)
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        RandomLog.Fill(log, 7);
        await log.LinesAsync(fill);
        var means = "count(*), sum(power_kw), sum(energy_added_kwh), sum(level), count(*) filter (where is_heater_on)";
        var years = await log.LineAsync($"select {means} from teslamate.charging_series(1, '2020-01-01', '2027-01-01')", 6);
        // A row of each charge, so that its means are the row: the same in steps of minutes.
        var months = await log.LineAsync($"select {means} from teslamate.charging_series(1, '2026-01-01', '2027-01-01', 20000)", 6);
        years.ShouldBe(months);
        years.ShouldNotStartWith("0|");
    }
}
