using System.Globalization;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Database.Measures;

/// <summary>Whatever the log, periods, lists and totals say the same, before and after what is kept is filled.</summary>
public sealed class AgreementTests
{
    [Theory]
    [InlineData(1, "Europe/Berlin"), InlineData(2, "America/St_Johns"), InlineData(3, "Pacific/Apia")]
    public async Task Sums_over_periods_are_the_total(int seed, string zone)
    {
        await using var log = await LogRows.CreateAsync(PostgresServer.Installed);
        Fill(log, new Random(seed));
        var window = "1, '2026-02-10 05:00', '2026-11-20 17:00'";
        var sums = new Dictionary<string, string>();
        foreach (var fill in (string[])["select 1", "select teslamate.refresh_drives(1), teslamate.refresh_charges(1), "
            + "teslamate.refresh_parked(1, null), teslamate.refresh_levels(1)"])
        {
            await log.LinesAsync(fill);
            foreach (var period in (string[])["total", "year", "month", "week", "day"])
            {
                Same("statistics", await log.LineAsync($"""
                    select sum(drives), sum(open_drives), sum(distance_km), sum(net_kwh), sum(gross_kwh), sum(gross_distance_km), sum(odometer_km),
                        sum(gap_km), sum(charges), sum(energy_added_kwh),
                        sum(energy_used_kwh), sum(cost), sum(priced_charges)
                    from teslamate.statistics({window}, '{zone}', '{period}', '2026-12-01')
                    """, 6));
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
            (await log.LineAsync($"select sum(duration_s) from teslamate.timeline({window}, '2026-12-01') where kind = 'parking'", 4)).ShouldBe(
                sums["idle"].Split('|')[0]);
        }

        void Same(string what, string line)
        {
            if (sums.TryGetValue(what, out var known))
                line.ShouldBe(known, what);
            else
                sums[what] = line;
        }
    }

    [Theory]
    [InlineData(4, 1, 6), InlineData(5, 2, 12), InlineData(6, 4, 6)]
    public async Task Moving_statistics_of_the_level_are_those_of_each_frame(int seed, int hours, int frames)
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
        var until = "timestamp '2026-04-01'";
        (await log.LineAsync($"""
            with w as (
                select {hours} * interval '1 hour' as width,
                    greatest(1, (extract(epoch from {until} - {since}) / 86400 / {frames} / 2 * 24 / {hours})::integer) as half
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
            select count(*) > 50, count(e.bucket) = count(s.date), max(greatest(abs(e.mean - s.mean), abs(e.median - s.median), abs(e.low - s.low),
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
        Fill(log, new Random(7));
        await log.LinesAsync(fill);
        var means = "count(*), sum(power_kw), sum(energy_added_kwh), sum(level), count(*) filter (where is_heater_on)";
        var years = await log.LineAsync($"select {means} from teslamate.charging_series(1, '2020-01-01', '2027-01-01')", 6);
        // A row of each charge, so that its means are the row: the same in steps of minutes.
        var months = await log.LineAsync($"select {means} from teslamate.charging_series(1, '2026-01-01', '2027-01-01', 20000)", 6);
        years.ShouldBe(months);
        years.ShouldNotStartWith("0|");
    }

    static void Fill(LogRows log, Random random)
    {
        var (date, km, range) = (new DateTime(2026, 1, 20, 6, 0, 0), 1000.0, 380.0);
        for (var number = 0; number < 120; number++)
        {
            // Months without anything, nights that the clocks change.
            date = date.AddMinutes(random.Next(10) == 0 ? random.Next(30_000) : random.Next(4000));
            var start = date.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            var minutes = 5 + random.Next(90);
            if (random.Next(3) == 0)
            {
                var added = random.Next(5) == 0 ? 0 : random.Next(1, 40);
                var gain = added / 0.15;
                var process = log.Charge(start, random.Next(12) == 0 ? null : minutes, km, range, range + gain, added,
                    random.Next(4) == 0 ? null : added * 1.1, random.Next(3) == 0 ? null : added * 0.3, 50, 60);
                if (random.Next(4) > 0)
                    log.Row(process, start, 50, 11, range, added, random.Next(2) == 0 ? "ac" : "dc");
                range += gain;
            }
            else
            {
                // Some kilometres nobody saw, beyond what an idle may have.
                km += random.Next(5) == 0 ? random.Next(1, 30) : 0;
                var length = random.Next(1, 60);
                var drive = log.Drive(start, minutes, km, km + length, random.Next(10) == 0 ? null : range,
                    random.Next(10) == 0 ? null : range - length, temperature: random.Next(30), hasDistance: random.Next(12) > 0);
                for (var second = 0; second < 60; second += 5)
                    log.Position(date.AddSeconds(second).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), km, 60, range: range,
                        drive: drive, more: ", power, speed", values: $", {random.Next(-30, 60)}, {random.Next(120)}");
                (km, range) = (km + length, Math.Max(60, range - length));
            }

            log.State(random.Next(2) == 0 ? "asleep" : "offline", date.AddMinutes(minutes + 10).ToString("yyyy-MM-dd HH:mm:ss",
                CultureInfo.InvariantCulture), date.AddMinutes(minutes + 60).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
            date = date.AddMinutes(minutes + 61);
        }
    }
}
