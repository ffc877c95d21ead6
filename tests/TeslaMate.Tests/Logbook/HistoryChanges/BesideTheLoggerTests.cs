using TeslaMate.Logbook;
using TeslaMate.Logbook.HistoryChanges;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook.HistoryChanges;

/// <summary>Edits while the car is logged: refused or right, and the log is what it would have been (spec api 2.6).</summary>
public sealed class BesideTheLoggerTests : EditedLog
{
    [Fact]
    public async Task What_goes_on_is_not_edited()
    {
        await _instance.WriteAsync(
            new LogbookEntry.StartDrive(At(900 * 60), Reading(900, 0, 300)), InDrive(Reading(900, 1, 300)), InDrive(Reading(900, 2, 300)));
        await _instance.WriteAsync(new LogbookEntry.StartCharging(At(950 * 60), Position(950 * 60, 300), LookUpAddress: false));
        var before = await DumpAsync();
        foreach (var (kind, id, earlier) in ((EntryKind, int, int)[])[(EntryKind.Drive, 5, 4), (EntryKind.Charge, 4, 3)])
        {
            foreach (var edit in (HistoryEdit.OfEntries[])[
                new HistoryEdit.Merge(kind, [earlier, id]), new HistoryEdit.Split(kind, id, 1), new HistoryEdit.Trim(kind, id, At(0), null),
                new HistoryEdit.Delete(kind, [id]),
                new HistoryEdit.SetTags(kind, [earlier, id], TagMode.Add, ["x"]), new HistoryEdit.SetGeofence(kind, [id], PlaceEnd.Start, 1)])
                Refused(await ApplyAsync(edit), EditProblem.GoingOn);
        }

        Refused(await ApplyAsync(new HistoryEdit.SetCost([4], CostMode.Total, 1)), EditProblem.GoingOn);
        // Closed by hand while it goes on.
        await _database.ExecuteAsync("update drives set end_date = now() where id = 5");
        Refused(await ApplyAsync(new HistoryEdit.Delete(EntryKind.Drive, [5])), EditProblem.GoingOn);
        await _database.ExecuteAsync("update drives set end_date = null where id = 5");
        (await DumpAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task The_logger_waits_for_an_edit_and_loses_nothing()
    {
        await using var other = await _database.TestSource.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        var merge = await StartMergeThatWaitsAsync(other);
        var drive = DriveAsync(900, 300);
        await _database.WaitForCountAsync(2, "pg_locks where not granted and locktype in ('transactionid', 'tuple')");
        await transaction.CommitAsync();
        await drive;
        Done(await merge);
        (await _database.RowsAsync("select id, distance, duration_min from drives where id in (1, 2, 5) order by id")).ShouldBe(["1|45|70",
            "5|15|30"]);
    }

    [Fact]
    public async Task A_car_that_drives_and_charges_while_its_past_is_edited_has_the_log_that_it_would_have_had()
    {
        using var stop = new CancellationTokenSource();
        var changes = 0;
        var editing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                HistoryEdit.OfEntries edit = (i % 4) switch
                {
                    0 => new HistoryEdit.Merge(EntryKind.Drive, [1, 2]),
                    1 => new HistoryEdit.Split(EntryKind.Charge, 1, 8),
                    2 => new HistoryEdit.Delete(EntryKind.Charge, [2, 3]),
                    _ => new HistoryEdit.Trim(EntryKind.Drive, 4, At(605 * 60), At(620 * 60)),
                };
                var detail = await DoneAsync(edit);
                await UndoneAsync(detail);
                changes++;
            }
        });
        for (var i = 0; i < 6; i++)
        {
            await DriveAsync(1000 + i * 100, 300 + i * 20);
            await ChargeAsync(1040 + i * 100, 0);
        }

        await stop.CancelAsync();
        await editing;
        changes.ShouldBeGreaterThan(3);
        // Numbers of rows aside, the new ones are like the first of their kind.
        (await _database.RowsAsync("select distinct distance, duration_min, speed_max, ascent, start_ideal_range_km from drives")).ShouldBe(
            ["15|30|60|24|300.00"]);
        (await _database.RowsAsync("select distinct charge_energy_added, charge_energy_used, duration_min from charging_processes")).ShouldBe(
            ["5.00|7.36|40"]);
        (await _database.RowAsync("select (select count(*) from drives), (select count(*) from charging_processes), (select count(*) from "
            + "charges)")).ShouldBe("10|9|189");
        await StatisticsAreThoseOfARebuildAsync();
    }

    [Fact]
    public async Task Two_editors_at_once_make_one_change()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ApplyAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2]))));
        answers.OfType<EditAnswer.Done>().ShouldHaveSingleItem();
        answers.OfType<EditAnswer.Refused>().ShouldAllBe(refused => refused.Problem == EditProblem.NotFound);
        var keyed = await Task.WhenAll(Enumerable.Range(0, 4).Select(
            _ => Editor.ApplyAsync(new HistoryEdit.Delete(EntryKind.Charge, [1]), "test", null, "key", default)));
        keyed.Select(answer => Done(answer).Change.Id).Distinct().ShouldHaveSingleItem();
        (await _database.ScalarAsync<long>("select count(*) from teslamate.history_changes")).ShouldBe(2);
    }

    [Fact]
    public async Task Late_positions_find_the_drive_that_is_there_by_then()
    {
        await DoneAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2]));
        await _instance.WriteAsync(new LogbookEntry.InsertLatePositions([Position(35 * 60, 116) with { SpeedKmH = 10 }]));
        (await _database.RowAsync("select drive_id from positions where date = '2024-05-01 10:35'")).ShouldBe("1");
    }
}
