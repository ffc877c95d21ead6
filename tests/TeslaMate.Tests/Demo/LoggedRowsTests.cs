using Npgsql;
using TeslaMate.Demo;
using TeslaMate.Tests.Logbook;

namespace TeslaMate.Tests.Demo;

public sealed class LoggedRowsTests
{
    [Fact]
    public async Task A_server_that_is_too_busy_to_answer_ends_no_demo_and_makes_nothing_old_new()
    {
        await using var database = await LogbookDatabase.CreateAsync();
        await InsertDriveAsync(database, 12);
        await using var impatient = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(database.ConnectionString) { SearchPath = "pg_catalog, pg_temp", CommandTimeout = 1 }.ConnectionString);
        await using var keeper = await database.TestSource.OpenConnectionAsync();
        await using var transaction = await keeper.BeginTransactionAsync();
        await using (var keep = new NpgsqlCommand("lock table drives in access exclusive mode", keeper))
            await keep.ExecuteNonQueryAsync();
        using var stop = new CancellationTokenSource();
        await using var rows = new LoggedRows(impatient).FollowAsync(stop.Token).GetAsyncEnumerator(stop.Token);

        var next = rows.MoveNextAsync().AsTask();
        // Twice the question waits for the table, and is given up.
        foreach (var waiting in (long[])[1, 0, 1, 0])
        {
            while (await database.ScalarAsync<long>("select count(*) from pg_locks where relation = 'drives'::regclass and not granted") != waiting)
                await Task.Delay(5);
        }

        next.IsCompleted.ShouldBeFalse();
        await transaction.RollbackAsync();
        for (var drives = 0; !next.IsCompleted && drives < 300; drives++)
        {
            await InsertDriveAsync(database, 34);
            await Task.WhenAny(next, Task.Delay(200));
        }

        (await next).ShouldBeTrue();
        rows.Current.ShouldContain("drove 34.0 km");
    }

    static Task InsertDriveAsync(LogbookDatabase database, int km) => database.ExecuteAsync(
        $"insert into drives (car_id, start_date, end_date, distance, duration_min) values (1, '2026-01-01 10:00', '2026-01-01 10:20', {km}, 20)");
}
