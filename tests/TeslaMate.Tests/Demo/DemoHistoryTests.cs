using System.Diagnostics;
using System.Globalization;
using TeslaMate.Demo;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Demo;

public sealed class DemoHistoryTests
{
    static readonly DateTimeOffset End = new(2026, 11, 22, 9, 30, 0, TimeSpan.Zero);

    [Fact]
    public async Task Two_years_of_both_cars_are_there_soon_and_the_same_each_time()
    {
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        await using var again = await LogRows.EmptyAsync(PostgresServer.Installed);
        var clock = Stopwatch.StartNew();
        await DemoHistory.WriteAsync(database.DataSource, DemoWorld.Pasts(), End, CancellationToken.None);
        // Some seconds; machines that test have other things to do.
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromMinutes(2));
        await DemoHistory.WriteAsync(again.DataSource, DemoWorld.Pasts(), End, CancellationToken.None);
        const string Sums = """
            select (select count(*) || ' ' || sum(distance) || ' ' || sum(start_rated_range_km) from drives),
                (select count(*) || ' ' || sum(charge_energy_added) from charging_processes),
                (select count(*) || ' ' || sum(latitude) from positions), (select count(*) from charges), (select count(*) from states),
                    (select string_agg(version, ' ') from updates)
            """;
        (await LogRows.RowsAsync(again, Sums)).ShouldBe(await LogRows.RowsAsync(database, Sums));
        // A second start leaves it alone.
        await DemoHistory.WriteAsync(again.DataSource, DemoWorld.Pasts(), End.AddDays(1), CancellationToken.None);
        (await LogRows.RowsAsync(again, Sums)).ShouldBe(await LogRows.RowsAsync(database, Sums));
    }

    [Fact]
    public async Task Nothing_of_it_has_to_be_read_or_counted_before_the_first_page()
    {
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        await DemoHistory.WriteAsync(database.DataSource, DemoWorld.Pasts(), End, CancellationToken.None);
        (await LogRows.RowsAsync(database, """
            select (select count(*) from teslamate.unkept_drives(cars.id, null, null)),
                (select count(*) from teslamate.unkept_charges(cars.id, null, null)), teslamate.refresh_parked(cars.id, null),
                teslamate.refresh_levels(cars.id)
            from cars
            """)).ShouldBe(["0|0|0|0", "0|0|0|0"]);
        (await LogRows.RowsAsync(database, LogRows.Unsummarized)).ShouldBe(["0"]);
        (await LogRows.RowsAsync(database, """
            select string_agg(relname, ' ' order by relname) from pg_class
            where oid in ('teslamate.drive_samples'::regclass, 'teslamate.drive_routes'::regclass, 'teslamate.charge_samples'::regclass,
                'teslamate.parked_samples'::regclass, 'teslamate.level_samples'::regclass) and reltuples <= 0
            """)).ShouldBe([""]);
    }

    [Theory]
    [InlineData("2026-11-22T09:30:00Z")]
    [InlineData("2026-11-23T00:10:00Z")]
    [InlineData("2026-11-23T23:50:00Z")]
    public async Task It_ends_where_the_cars_lives_begin_and_not_later(string end)
    {
        var now = DateTimeOffset.Parse(end, CultureInfo.InvariantCulture);
        await using var database = await LogRows.EmptyAsync(PostgresServer.Installed);
        await DemoHistory.WriteAsync(database.DataSource, DemoWorld.Pasts(), now, CancellationToken.None);
        (await LogRows.RowsAsync(database, $"""
            select (select count(*) from drives where end_date > '{now:O}'), (select count(*) from charging_processes where end_date > '{now:O}'),
                (select count(*) from positions where date > '{now:O}')
            """)).ShouldBe(["0|0|0"]);
        // Parked since the evening, a car has lost next to nothing.
        (await LogRows.RowsAsync(database, $"""
            select car_id, abs(battery_level - case car_id when 1 then {DemoWorld.Pasts()[0].Level} else {DemoWorld.Pasts()[1].Level} end) <= 3
            from (select distinct on (car_id) car_id, battery_level from positions order by car_id, date desc) as newest
            order by car_id
            """)).ShouldBe(["1|True", "2|True"]);
    }
}
