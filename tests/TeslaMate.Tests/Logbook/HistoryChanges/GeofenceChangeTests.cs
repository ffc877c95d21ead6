using Npgsql;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Logbook.HistoryChanges;

/// <summary>A change of a geofence is one of the history: recorded, previewed, undone (spec api 2.6).</summary>
public sealed class GeofenceChangeTests : EditedLog
{
    static readonly GeofenceOrder Order = new("test");

    /// <summary>Around the end of every drive.</summary>
    static readonly GeofenceForm AtTheEnd = new() { Name = "End", Latitude = 52.544521, Longitude = 13.350144, Radius = 60, CostPerUnit = 0.5m };

    /// <summary>Home holds what it holds from farther away than <see cref="Charger"/>.</summary>
    const string HomeIsFarther = "update geofences set latitude = latitude + 0.0001 where id = 1";

    /// <summary>Around the place of the charges.</summary>
    static readonly GeofenceForm Charger = new() { Name = "Charger", Latitude = 52.514521, Longitude = 13.350144, Radius = 40, CostPerUnit = 0.5m };

    static readonly GeofenceId Home = new(1);

    async Task<GeofenceId> SaveAsync(GeofenceForm form, GeofenceId? id = null, bool addCosts = false)
        => (await Fences.SaveAsync(id, form, addCosts, Order, default)).ShouldBeOfType<GeofenceAnswer.Saved>().Geofence.Id;

    async Task<HistoryChange> NewestAsync() => (await Editor.ListAsync(cars: null, before: null, limit: 1, default)).Single();

    async Task UndoneAsync(HistoryChange change) => Done(await Editor.UndoAsync(change.Id, "somebody", default));

    [Fact]
    public async Task A_fence_that_was_made_moved_and_deleted_is_there_as_before_after_undoing()
    {
        var before = await DumpAsync();
        var id = await SaveAsync(AtTheEnd);
        (await _database.ScalarAsync<long>("select count(*) from drives where end_geofence_id = 11")).ShouldBe(4);
        var made = await NewestAsync();
        (made.Car, made.Author, made.Edit.ToString()).ShouldBe((null, "test", "new geofence End"));
        var dump = await DumpAsync();
        await SaveAsync(AtTheEnd with { Latitude = 52.6 }, id);
        var moved = await NewestAsync();
        moved.Edit.ToString().ShouldBe("geofence 11: End");
        var movedDump = await DumpAsync();
        (await Fences.DeleteAsync(id, Order, default)).ShouldBeOfType<GeofenceAnswer.Deleted>();
        var deleted = await NewestAsync();
        deleted.Edit.ToString().ShouldBe("delete geofence 11, End");

        Refused(await Editor.UndoAsync(moved.Id, "test", default), EditProblem.LaterChange);
        await UndoneAsync(deleted);
        (await DumpAsync()).ShouldBe(movedDump);
        Fences.Find(52.6, 13.350144).ShouldNotBeNull("memory follows");
        await UndoneAsync(moved);
        (await DumpAsync()).ShouldBe(dump);
        await UndoneAsync(made);
        (await DumpAsync()).ShouldBe(before);
        Refused(await Editor.UndoAsync(made.Id, "test", default), EditProblem.AlreadyUndone);
    }

    [Fact]
    public async Task Costs_of_the_past_go_with_the_change()
    {
        await _database.ExecuteAsync("update charging_processes set cost = null where id = 2; " + HomeIsFarther);
        var before = await DumpAsync();
        await SaveAsync(Charger, addCosts: true);
        (await _database.ScalarAsync<decimal?>("select cost from charging_processes where id = 2")).ShouldNotBeNull();
        var rows = (await Editor.FindAsync((await NewestAsync()).Id, default)).ShouldNotBeNull().Rows;
        rows.Where(row => row.Kind == "charging_process_costs").Select(row => row.Id).ShouldBe([2]);
        await UndoneAsync(await NewestAsync());
        (await DumpAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_preview_changes_nothing_and_its_version_stands_for_what_it_showed()
    {
        var before = await DumpAsync();
        var made = (await Fences.PreviewAsync(null, AtTheEnd, addCosts: false, default)).ShouldBeOfType<GeofenceAnswer.Previewed>().Detail;
        made.Rows.Count(row => row.Kind == "drive_geofences").ShouldBe(4);
        made.Rows.Single(row => row.Kind == "geofences").Before.ShouldBeNull();
        var deleted = (await Fences.PreviewDeletionAsync(Home, default)).ShouldBeOfType<GeofenceAnswer.Previewed>().Detail;
        deleted.Rows.Single(row => row.Kind == "geofences").After.ShouldBeNull();
        (await DumpAsync()).ShouldBe(before);
        (await Editor.ListAsync(cars: null, before: null, limit: 1, default)).ShouldBeEmpty();
        (await _database.ScalarAsync<long>("select last_value from geofences_id_seq")).ShouldBe(10);

        await _database.ExecuteAsync("update geofences set name = 'Elsewhere' where id = 1");
        (await Fences.DeleteAsync(Home, Order with { Version = deleted.Version }, default)).ShouldBeOfType<GeofenceAnswer.Changed>();
        var again = (await Fences.PreviewDeletionAsync(Home, default)).ShouldBeOfType<GeofenceAnswer.Previewed>().Detail;
        (await Fences.DeleteAsync(Home, Order with { Version = again.Version }, default)).ShouldBeOfType<GeofenceAnswer.Deleted>();
    }

    [Fact]
    public async Task Drives_that_came_since_go_to_their_nearest_fence()
    {
        await SaveAsync(AtTheEnd);
        var made = await NewestAsync();
        await DriveAsync(900, 300);
        (await _database.ScalarAsync<int?>("select end_geofence_id from drives where id = 5")).ShouldBe(11);
        await UndoneAsync(made);
        (await _database.ScalarAsync<int?>("select end_geofence_id from drives where id = 5")).ShouldBeNull();

        (await Fences.DeleteAsync(Home, Order, default)).ShouldBeOfType<GeofenceAnswer.Deleted>();
        await DriveAsync(1000, 330);
        (await _database.ScalarAsync<int?>("select start_geofence_id from drives where id = 6")).ShouldBeNull();
        await UndoneAsync(await NewestAsync());
        (await _database.ScalarAsync<int?>("select start_geofence_id from drives where id = 6")).ShouldBe(1);
    }

    [Fact]
    public async Task A_fence_that_went_meanwhile_holds_nothing_that_comes_back()
    {
        await _database.ExecuteAsync(HomeIsFarther);
        await SaveAsync(Charger);
        var made = await NewestAsync();
        (await _database.ScalarAsync<long>("select count(*) from drives where start_geofence_id = 11")).ShouldBe(4);
        (await Fences.DeleteAsync(Home, Order, default)).ShouldBeOfType<GeofenceAnswer.Deleted>();
        await UndoneAsync(made);
        (await _database.ScalarAsync<long>("select count(*) from drives where start_geofence_id is null")).ShouldBe(4);
    }

    [Fact]
    public async Task A_row_that_was_changed_since_stands_against_undoing()
    {
        await SaveAsync(AtTheEnd);
        var made = await NewestAsync();
        var deleted = await DoneAsync(new HistoryEdit.Delete(EntryKind.Drive, [2]));
        Refused(await Editor.UndoAsync(made.Id, "test", default), EditProblem.Touched);
        await UndoneAsync(deleted);
        await _database.ExecuteAsync("update geofences set name = 'Elsewhere' where id = 11");
        Refused(await Editor.UndoAsync(made.Id, "test", default), EditProblem.Touched);
    }

    [Fact]
    public async Task A_repetition_with_the_same_key_makes_no_second_fence()
    {
        var order = Order with { Key = "a" };
        var first = (await Fences.SaveAsync(null, AtTheEnd, addCosts: false, order, default)).ShouldBeOfType<GeofenceAnswer.Saved>();
        var second = (await Fences.SaveAsync(null, AtTheEnd, addCosts: false, order, default)).ShouldBeOfType<GeofenceAnswer.Saved>();
        second.Geofence.Id.ShouldBe(first.Geofence.Id);
        (await _database.ScalarAsync<long>("select count(*) from geofences")).ShouldBe(3);
        (await Fences.SaveAsync(null, Charger, addCosts: false, order, default)).ShouldBeOfType<GeofenceAnswer.KeyReused>();
    }

    [Fact]
    public async Task Saving_a_fence_as_it_is_is_no_change()
    {
        var id = await SaveAsync(AtTheEnd);
        var (before, made) = (await DumpAsync(), await NewestAsync());
        (await Fences.PreviewAsync(id, AtTheEnd, addCosts: true, default)).ShouldBeOfType<GeofenceAnswer.Previewed>().Detail.Rows.ShouldBeEmpty();
        (await SaveAsync(AtTheEnd, id, addCosts: true)).ShouldBe(id);
        (await NewestAsync()).ShouldBe(made);
        (await DumpAsync()).ShouldBe(before);

        // It decides anew about what was placed by hand; that is one, and can be undone.
        await _database.ExecuteAsync("update drives set end_geofence_id = 2 where id = 1; update charging_processes set cost = null where id = 1");
        before = await DumpAsync();
        await SaveAsync(AtTheEnd, id);
        var gathered = await NewestAsync();
        (await _database.ScalarAsync<int?>("select end_geofence_id from drives where id = 1")).ShouldBe(id.Value);
        (await Editor.FindAsync(gathered.Id, default)).ShouldNotBeNull().Rows.Select(row => (row.Kind, row.Id)).ShouldBe([("drive_geofences", 1)]);
        await UndoneAsync(gathered);
        (await DumpAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task What_was_placed_by_hand_and_stayed_so_is_as_before_after_undoing()
    {
        await DoneAsync(new HistoryEdit.SetGeofence(EntryKind.Drive, [4], PlaceEnd.End, 2));
        var before = await DumpAsync();
        await SaveAsync(AtTheEnd, new(2));
        var moved = await NewestAsync();
        (await Editor.FindAsync(moved.Id, default)).ShouldNotBeNull().Rows.Where(row => row.Kind == "drive_geofences").Select(row => row.Id)
            .ShouldBe([1, 2, 3]);
        await UndoneAsync(moved);
        (await DumpAsync()).ShouldBe(before);
        // What happened to it since stays as well.
        await SaveAsync(AtTheEnd, new(2));
        moved = await NewestAsync();
        await DoneAsync(new HistoryEdit.Delete(EntryKind.Drive, [4]));
        await UndoneAsync(moved);
        (await _database.RowsAsync("select end_geofence_id from drives order by id")).ShouldBe(["-", "-", "-"]);
    }

    [Fact]
    public async Task The_logger_gets_past_a_fence_whose_change_waits_for_its_drive()
    {
        await using var logger = await _database.TestSource.OpenConnectionAsync();
        await using var transaction = await logger.BeginTransactionAsync();
        await RunAsync("update drives set distance = distance where id = 1");
        var save = Fences.SaveAsync(Home, AtTheEnd, addCosts: false, Order, default);
        await _database.WaitForCountAsync(1, "pg_locks where not granted and locktype = 'transactionid'");
        await RunAsync("update charging_processes set geofence_id = null where id = 1; update charging_processes set geofence_id = 1 where id = 1");
        await transaction.CommitAsync();
        (await save).ShouldBeOfType<GeofenceAnswer.Saved>();
        (await _database.ScalarAsync<int?>("select geofence_id from charging_processes where id = 1")).ShouldBeNull();

        async Task RunAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, logger);
            await command.ExecuteNonQueryAsync();
        }
    }

    [Fact]
    public async Task A_fence_whose_rows_somebody_else_writes_for_long_is_busy_and_stays()
    {
        var before = await DumpAsync();
        await using var other = await _database.TestSource.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select from drives where id = 1 for update", other))
            await hold.ExecuteNonQueryAsync();
        (await Task.WhenAll(
            Fences.SaveAsync(Home, AtTheEnd, addCosts: false, Order, default), Fences.DeleteAsync(Home, Order, default),
            Fences.PreviewDeletionAsync(Home, default))).ShouldAllBe(answer => answer is GeofenceAnswer.Busy);
        await transaction.RollbackAsync();
        (await DumpAsync()).ShouldBe(before);
        (await Fences.DeleteAsync(Home, Order, default)).ShouldBeOfType<GeofenceAnswer.Deleted>();
    }

    [Fact]
    public async Task An_older_program_keeps_the_changes_of_drives()
    {
        await SaveAsync(AtTheEnd);
        var tags = await DoneAsync(new HistoryEdit.SetTags(EntryKind.Drive, [1], TagMode.Add, ["x"]));
        await _database.ExecuteAsync(MigrationFiles.Text("teslamate/U12__geofence_changes.sql"));
        (await _database.RowsAsync("select id from teslamate.history_changes")).ShouldBe([Invariant($"{tags.Change.Id}")]);
        (await _database.ScalarAsync<long>("select count(*) from teslamate.history_rows where kind = 'geofences'")).ShouldBe(0);
        await _database.ExecuteAsync(MigrationFiles.Text("teslamate/V12__geofence_changes.sql"));
        await SaveAsync(Charger);
        await UndoneAsync(tags);
    }

    [Fact]
    public async Task A_change_of_a_fence_is_of_no_single_car()
    {
        await SaveAsync(AtTheEnd);
        (await Editor.ListAsync([new CarId(1)], before: null, limit: 10, default)).ShouldBeEmpty();
        (await Editor.ListAsync(cars: null, before: null, limit: 10, default)).Count.ShouldBe(1);
    }
}
