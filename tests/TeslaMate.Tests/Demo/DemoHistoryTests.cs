using System.Diagnostics;
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
        clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
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
}
