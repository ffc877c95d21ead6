using System.Diagnostics;
using TeslaMate.Demo;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Demo;

public sealed class DemoHistoryTests
{
    static readonly DateTimeOffset End = new(2026, 11, 22, 9, 30, 0, TimeSpan.Zero);

    [Fact]
    public async Task Two_years_of_both_cars_are_there_within_ten_seconds_and_the_same_each_time()
    {
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        await using var again = await LogRows.EmptyAsync(PostgresServer.Installed);
        var clock = Stopwatch.StartNew();
        await DemoHistory.WriteAsync(database.DataSource, DemoWorld.Pasts(), End, CancellationToken.None);
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        await DemoHistory.WriteAsync(again.DataSource, DemoWorld.Pasts(), End, CancellationToken.None);
        const string Sums = """
            select (select count(*) || ' ' || sum(distance) || ' ' || sum(start_rated_range_km) from drives), (select count(*) || ' ' || sum(charge_energy_added) from charging_processes),
                (select count(*) || ' ' || sum(latitude) from positions), (select count(*) from charges), (select count(*) from states), (select string_agg(version, ' ') from updates)
            """;
        (await LogRows.RowsAsync(again, Sums)).ShouldBe(await LogRows.RowsAsync(database, Sums));
        // A second start leaves it alone.
        await DemoHistory.WriteAsync(again.DataSource, DemoWorld.Pasts(), End.AddDays(1), CancellationToken.None);
        (await LogRows.RowsAsync(again, Sums)).ShouldBe(await LogRows.RowsAsync(database, Sums));
    }

    [Fact]
    public async Task Its_measures_are_plausible_and_it_ends_where_the_lives_begin()
    {
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        await DemoHistory.WriteAsync(database.DataSource, DemoWorld.Pasts(), End, CancellationToken.None);
        foreach (var (car, odometer, level) in new[] { (1, 53_456.789, 61), (2, 38_412.5, 70) })
        {
            var total = (await LogRows.RowsAsync(database, $"""
                select drives, open_drives, distance_km, net_wh_per_km, gross_wh_per_km, gross_coverage, price_coverage, price_per_kwh, gap_km, charges_dc, charges_ac
                from teslamate.statistics({car}, null, null, 'Europe/Berlin', 'total', '2026-11-22 09:30')
                """)).ShouldHaveSingleItem().Split('|').Select(value => double.Parse(value, System.Globalization.CultureInfo.InvariantCulture)).ToList();
            total[0].ShouldBeInRange(1000, 3000);
            total[1].ShouldBe(0);
            total[2].ShouldBeInRange(15_000, 50_000);
            total[3].ShouldBeInRange(120, 210);
            total[4].ShouldBeGreaterThan(total[3]);
            total[5].ShouldBeInRange(0.99, 1.01);
            total[6].ShouldBeInRange(0.5, 0.999);
            total[7].ShouldBeInRange(0.2, 0.5);
            Math.Abs(total[8]).ShouldBeLessThan(1);
            total[9].ShouldBeGreaterThan(20);
            total[10].ShouldBeGreaterThan(100);
            var battery = (await LogRows.RowsAsync(database, $"select samples, health, is_new_given from teslamate.battery_health({car})")).ShouldHaveSingleItem().Split('|');
            int.Parse(battery[0], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(50);
            double.Parse(battery[1], System.Globalization.CultureInfo.InvariantCulture).ShouldBeInRange(90, 99.5);
            (await LogRows.RowsAsync(database, $"select odometer_km from teslamate.newest_reading({car})", 3)).ShouldBe([odometer.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            (await database.ScalarAsync<short>($"select level from teslamate.newest_reading({car})")).ShouldBeInRange((short)(level - 8), (short)(level + 25));
        }

        // New wheels show as a step of the constant on the first car only.
        (await LogRows.RowsAsync(database, "select count(*) > 0 from teslamate.capacity_samples(1, null, null) where is_step")).ShouldBe(["True"]);
        (await LogRows.RowsAsync(database, "select count(*) from teslamate.software_versions(1, null, null, '2026-11-22', 'UTC')")).Single().ShouldNotBe("0");
        (await LogRows.RowsAsync(database, "select sum(asleep_s) / sum(idle_s) > 0.6, sum(idle_kwh) > 0 from teslamate.idle_statistics(1, null, null, '2026-11-22', 'UTC', 'total')")).ShouldBe(["True|True"]);
        // Nothing overlaps, and every row of a drive belongs to its time.
        (await LogRows.RowsAsync(database, """
            select count(*) from (select start_date, lag(end_date) over (partition by car_id order by start_date) as previous from
                (select car_id, start_date, end_date from drives union all select car_id, start_date, end_date from charging_processes) as events) as pairs where previous > start_date
            """)).ShouldBe(["0"]);
        (await LogRows.RowsAsync(database, "select count(*) from positions join drives on drives.id = drive_id where date not between start_date and end_date or date > '2026-11-22 09:30'")).ShouldBe(["0"]);
    }
}
