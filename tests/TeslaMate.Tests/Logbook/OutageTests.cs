using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Spooling;
using TeslaMate.Tests.Database.Migrations;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook;

public sealed class OutageTests
{
    [Fact]
    public async Task What_a_car_does_while_the_database_is_away_is_written_on_return_in_order_and_once()
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await using var database = await PrepareAsync(cluster);
        await using var instance = new LogbookInstance(database);
        await instance.LeaseAsync();
        await instance.LeaseAsync(2);

        (await instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 10)), InDrive(Position(60, 11)))).ShouldBe(WriteResult.Stored);
        await cluster.StopServerAsync(immediately: true);
        (await instance.WriteAsync(InDrive(Position(120, 12)))).ShouldBe(WriteResult.Buffered);
        (await instance.WriteAsync(InDrive(Position(180, 13)), new LogbookEntry.CloseDrive(LookUpAddresses: false))).ShouldBe(WriteResult.Buffered);
        (await instance.WriteAsync(new LogbookEntry.StartDrive(At(200), Position(200, 13)))).ShouldBe(WriteResult.Buffered);
        (await instance.Logbook.WriteAsync(new(2), [new LogbookEntry.StartState(CarActivity.Asleep, At(0))], default)).ShouldBe(WriteResult.Buffered);
        (await FlushAsync(instance)).ShouldBeFalse();

        await cluster.StartServerAsync();
        // What comes now has to wait for what came before.
        (await instance.WriteAsync(InDrive(Position(260, 19)))).ShouldBe(WriteResult.Buffered);
        (await FlushAsync(instance)).ShouldBeTrue();
        (await instance.WriteAsync(new LogbookEntry.CloseDrive(LookUpAddresses: false))).ShouldBe(WriteResult.Stored);
        (await FlushAsync(instance)).ShouldBeTrue();

        (await RowsAsync(database, "select start_km || '-' || end_km from drives order by id")).ShouldBe(["10-13", "13-19"]);
        (await RowsAsync(database, "select odometer from positions order by id")).ShouldBe(["10", "11", "12", "13", "13", "19"]);
        (await RowsAsync(database, "select state::text from states where car_id = 2")).ShouldBe(["asleep"]);
        instance.Log.Lines.Count(line => line.StartsWith("Error", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task What_waits_on_disk_survives_the_process()
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await using var database = await PrepareAsync(cluster);
        var folder = Directory.CreateTempSubdirectory("logbook-").FullName;
        var saved = Directory.CreateTempSubdirectory("logbook-").FullName;
        await using (var first = new LogbookInstance(database, settings: new() { SpoolFolder = folder }))
        {
            await first.LeaseAsync();
            await first.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 10)));
            await cluster.StopServerAsync(immediately: true);
            for (var i = 1; i <= 1200; i++)
                (await first.WriteAsync(InDrive(Position(i, 10 + i)))).ShouldBe(WriteResult.Buffered);
            // What a kill leaves: the files as they are at any moment.
            foreach (var file in (string[])["instance", "car-1.spool"])
                File.Copy(Path.Combine(folder, file), Path.Combine(saved, file));
        }

        await cluster.StartServerAsync();
        await using var second = new LogbookInstance(database, settings: new() { SpoolFolder = saved });
        // The same instance does not wait for the lease of its former run.
        await second.LeaseAsync();
        var open = await second.Logbook.OpenEntriesAsync(new(1), default);
        open.Drive.ShouldNotBeNull();
        open.Drive.First.ShouldNotBeNull().OdometerKm.ShouldBe(10);
        open.Drive.Last.ShouldNotBeNull().OdometerKm.ShouldBe(1210);
        (await RowsAsync(database, "select count(*) from positions")).ShouldBe(["1201"]);
        (await second.WriteAsync(new LogbookEntry.CloseDrive(LookUpAddresses: false))).ShouldBe(WriteResult.Stored);
        (await RowsAsync(database, "select distance from drives")).ShouldBe(["1200"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_lost_acknowledgement_does_not_write_twice(bool positionsOnly)
    {
        await using var database = await LogbookDatabase.CreateAsync();
        await using var proxy = new LossyProxy(database.ConnectionString);
        await using var source = NpgsqlDataSource.Create(proxy.ConnectionString);
        await using var instance = new LogbookInstance(source);
        await instance.LeaseAsync();
        await instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 1)));

        proxy.SwallowAnswers = true;
        LogbookEntry[] entries = positionsOnly
            ? [InDrive(Position(1, 2))] : [InDrive(Position(1, 2)), new LogbookEntry.StartState(CarActivity.Online, At(1))];
        var unacknowledged = instance.WriteAsync(entries);
        await database.WaitForCountAsync(2, "positions");
        proxy.Cut();
        (await unacknowledged).ShouldBe(WriteResult.Buffered);
        (await instance.WriteAsync(InDrive(Position(2, 3)))).ShouldBe(WriteResult.Buffered);
        // Written, unacknowledged, and sent again together with newer ones.
        (await FlushAsync(instance)).ShouldBeFalse();
        (await instance.WriteAsync(InDrive(Position(3, 4)))).ShouldBe(WriteResult.Buffered);
        proxy.SwallowAnswers = false;
        (await FlushAsync(instance)).ShouldBeTrue();
        (await database.RowsAsync("select odometer, drive_id from positions order by id")).ShouldBe(["1|1", "2|1", "3|1", "4|1"]);
        (await instance.WriteAsync(InDrive(Position(4, 5)))).ShouldBe(WriteResult.Stored);
    }

    [Fact]
    public async Task An_entry_that_the_database_never_accepts_is_set_aside_and_holds_up_nothing()
    {
        await using var database = await LogbookDatabase.CreateAsync();
        await using var instance = await LogbookInstance.OfCarAsync(database);
        await database.ExecuteAsync("alter table positions add constraint no_thirteen check (odometer <> 13)");
        (await instance.WriteAsync(new LogbookEntry.StartDrive(At(0), Position(0, 10)), InDrive(Position(1, 13)), InDrive(Position(2, 14)))).ShouldBe(
            WriteResult.Stored);
        (await instance.WriteAsync(InDrive(Position(3, 13)))).ShouldBe(WriteResult.Stored);
        (await instance.WriteAsync(InDrive(Position(4, 15)))).ShouldBe(WriteResult.Stored);
        (await database.RowsAsync("select odometer from positions order by id")).ShouldBe(["10", "14", "15"]);
        (await database.RowsAsync("select drive_id = (select max(id) from drives) from teslamate.refused_entries order by id")).ShouldBe(["True",
            "True"]);
        instance.Log.Lines.Count(line => line.StartsWith("Error: Car 1: the database refused an entry", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task Where_there_is_no_table_for_refused_entries_a_file_keeps_them_until_there_is()
    {
        await using var database = await LogbookDatabase.CreateAsync();
        await using var instance = await LogbookInstance.OfCarAsync(database);
        await database.ExecuteAsync("alter table positions add constraint no_thirteen check (odometer <> 13); alter table "
            + "teslamate.refused_entries rename to elsewhere");
        (await instance.WriteAsync(new LogbookEntry.InsertPosition(Position(1, 13)))).ShouldBe(WriteResult.Stored);
        var file = Path.Combine(instance.Folder, "car-1.refused.jsonl");
        File.ReadAllLines(file).Length.ShouldBe(1);
        File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var log = instance.Get<TeslaMate.Logbook.Leases.CarLeases>().Logs.Single();
        await log.SubmitRefusedAsync(default);
        File.Exists(file).ShouldBeTrue();
        await database.ExecuteAsync("alter table teslamate.elsewhere rename to refused_entries");
        await log.SubmitRefusedAsync(default);
        File.Exists(file).ShouldBeFalse();
        (await database.ScalarAsync<long>("select count(*) from teslamate.refused_entries")).ShouldBe(1);
    }

    [Fact]
    public async Task Positions_of_many_cars_share_transactions_and_one_bad_row_costs_only_itself()
    {
        await using var database = await LogbookDatabase.CreateAsync(cars: 50);
        await using var instance = new LogbookInstance(database.DataSource);
        await database.ExecuteAsync("alter table positions add constraint no_thirteen check (odometer <> 13)");
        for (short car = 1; car <= 50; car++)
            await instance.LeaseAsync(car);
        await Task.WhenAll(Enumerable.Range(1, 50).Select(async car =>
        {
            for (var i = 0; i < 20; i++)
                (await instance.Logbook.WriteAsync(new((short)car), [new LogbookEntry.InsertPosition(Position(i, i))], default)).ShouldBe(
                    WriteResult.Stored);
        }));
        (await database.ScalarAsync<long>("select count(*) from positions")).ShouldBe(50 * 19);
        (await database.RowsAsync("select car_id from positions group by car_id having array_agg(odometer order by id) <> array_agg(odometer "
            + "order by odometer)"))
            .ShouldBeEmpty();
        (await database.RowsAsync("select distinct last_batch from teslamate.car_logs")).ShouldBe(["20"]);
    }

    [Fact]
    public async Task Without_a_folder_an_outage_is_admitted()
    {
        await using var cluster = await PrivateCluster.StartAsync(settings: ["fsync = off"]);
        await using var database = await PrepareAsync(cluster);
        await using var instance = new LogbookInstance(database, settings: new() { SpoolFolder = "/proc/nowhere" });
        await instance.LeaseAsync();
        (await instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Online, At(0)))).ShouldBe(WriteResult.Stored);
        await cluster.StopServerAsync(immediately: true);
        (await instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Asleep, At(1)))).ShouldBe(WriteResult.Lost);
        await cluster.StartServerAsync();
        (await instance.WriteAsync(new LogbookEntry.StartState(CarActivity.Offline, At(2)))).ShouldBe(WriteResult.Stored);
    }

    static Task<bool> FlushAsync(LogbookInstance instance)
        => new SpoolFlush(instance.Get<TeslaMate.Logbook.Leases.CarLeases>(), TimeProvider.System,
            NullLogger<SpoolFlush>.Instance).FlushAsync(() => { }, default);

    static async Task<NpgsqlDataSource> PrepareAsync(PrivateCluster cluster)
    {
        var database = NpgsqlDataSource.Create(cluster.ConnectionString());
        foreach (var sql in (string[])[MigrationFiles.Baseline, "create schema teslamate", MigrationFiles.Text("teslamate/V1__car_logs.sql"),
            LogbookDatabase.AddCars(2)])
        {
            await using var command = database.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }

        return database;
    }

    static async Task<List<string>> RowsAsync(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
            rows.Add(Convert.ToString(reader.GetValue(0), System.Globalization.CultureInfo.InvariantCulture) ?? "");
        return rows;
    }
}
