using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using TeslaMate.Database.Clusters;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.HistoryChanges;
using TeslaMate.Tests.Backups;
using TeslaMate.Tests.Database;

namespace TeslaMate.Tests.Logbook.HistoryChanges;

/// <summary>Undoing gives back what was, or is refused (spec api 2.6).</summary>
public sealed class UndoTests : EditedLog
{
    /// <summary>Long enough that every kind of edit meets every other; a few seconds.</summary>
    const int Runs = 25;

    [Fact]
    public async Task Random_changes_undone_in_reverse_leave_every_byte_as_it_was()
    {
        var before = await DumpAsync();
        var done = 0;
        await Task.Run(() => Prop.ForAll<(byte What, byte Which, byte More)[]>(steps =>
        {
            done += RunAsync(steps).GetAwaiter().GetResult();
            return DumpAsync().GetAwaiter().GetResult().SequenceEqual(before);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Runs).WithEndSize(12)));
        // Refusals alone would prove nothing.
        done.ShouldBeGreaterThan(Runs);
        (await _database.ScalarAsync<long>("select count(*) from teslamate.history_changes where undone_at is null")).ShouldBe(0);
        await StatisticsAreThoseOfARebuildAsync();
    }

    /// <summary>Makes changes as far as they are allowed, and takes them back, the last one first.</summary>
    async Task<int> RunAsync((byte What, byte Which, byte More)[] steps)
    {
        Stack<long> changes = new();
        foreach (var (what, which, more) in steps)
        {
            if (what % 15 == 12)
                await StatisticsAreThoseOfARebuildAsync();
            else if (what % 15 > 12)
            {
                if (await ChangeGeofenceAsync(isDeleted: what % 15 == 13, which, more) is { } fence)
                    changes.Push(fence);
            }
            else if (await EditAsync(what % 15, which, more) is { } edit && await ApplyAsync(edit) is EditAnswer.Done { Detail.Change.Id: var id })
                changes.Push(id);
        }

        var count = changes.Count;
        while (changes.TryPop(out var change))
        {
            Done(await Editor.UndoAsync(change, "test", default));
            if (changes.Count == 1)
                await StatisticsAreThoseOfARebuildAsync();
        }

        return count;
    }

    /// <summary>Makes, moves or deletes a fence somewhere along the way that the drives take.</summary>
    async Task<long?> ChangeGeofenceAsync(bool isDeleted, int which, int more)
    {
        var known = await Fences.ListAsync(default);
        GeofenceId? id = known.Count > 0 && (isDeleted || which % 3 > 0) ? known[which % known.Count].Id : null;
        if (isDeleted && id is null)
            return null;
        var form = new GeofenceForm
        {
            Name = $"fence {more}",
            Latitude = 52.514521 + more % 31 * 0.001,
            Longitude = 13.350144,
            Radius = 40 + which % 7 * 300,
            CostPerUnit = more % 2 == 0 ? 0.4m : null,
        };
        var newest = await NewestAsync();
        var answer = id is { } gone && isDeleted ? await Fences.DeleteAsync(gone, new("test"), default)
            : await Fences.SaveAsync(id, form, addCosts: more % 3 == 0, new("test"), default);
        (answer is GeofenceAnswer.Saved or GeofenceAnswer.Deleted).ShouldBeTrue(answer.ToString());
        return await NewestAsync() is { } made && made != newest ? made : null;

        async Task<long?> NewestAsync() => (await Editor.ListAsync(cars: null, before: null, limit: 1, default)).SingleOrDefault()?.Id;
    }

    async Task<HistoryEdit.OfEntries?> EditAsync(int what, int which, int more)
    {
        var drives = (await _database.RowsAsync("select id from drives order by start_date, id")).ConvertAll(int.Parse);
        var charges = (await _database.RowsAsync("select id from charging_processes order by start_date, id")).ConvertAll(int.Parse);
        var kind = what % 2 == 0 ? EntryKind.Drive : EntryKind.Charge;
        var ids = kind is EntryKind.Drive ? drives : charges;
        if (ids.Count == 0)
            return null;
        var id = ids[which % ids.Count];
        var (table, parts) = kind is EntryKind.Drive
            ? ("drives", "positions where drive_id") : ("charging_processes", "charges where charging_process_id");
        int[] several = [.. ids.Skip(which % ids.Count).Take(1 + more % 3)];
        switch (what / 2)
        {
            case 0:
                return new HistoryEdit.Merge(kind, several.Length > 1 ? several : [.. ids.Take(2)]);
            case 1:
                var numbers = (await _database.RowsAsync(Invariant($"select id from {parts} = {id} order by date, id"))).ConvertAll(int.Parse);
                return new HistoryEdit.Split(kind, id, numbers[more % numbers.Count]);
            case 2:
                var start = new DateTimeOffset(await _database.ScalarAsync<DateTime>(Invariant($"select start_date from {table} where id = {id}")),
                    TimeSpan.Zero);
                return new HistoryEdit.Trim(kind, id, more % 3 == 0 ? null : start.AddMinutes(more % 8),
                    more % 3 == 1 ? null : start.AddMinutes(10 + more % 20));
            case 3:
                return new HistoryEdit.Delete(kind, several);
            case 4:
                return more % 2 == 0
                    ? new HistoryEdit.SetTags(kind, several, (TagMode)(more % 3), [$"tag {more % 4}", "x"])
                    : new HistoryEdit.SetAddress(kind, several, (PlaceEnd)(more / 2 % 2), more % 5 == 0 ? null : 1 + more % 2);
            default:
                return kind is EntryKind.Charge
                    ? new HistoryEdit.SetCost(several, (CostMode)(more % 3), more / 100m)
                    : new HistoryEdit.SetGeofence(kind, several, (PlaceEnd)(more / 2 % 2), more % 5 == 0 ? null : 1 + more % 2);
        }
    }

    [Fact]
    public async Task A_change_is_undone_once_and_only_while_nothing_touched_its_rows()
    {
        var merge = await DoneAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2]));
        var tags = await DoneAsync(new HistoryEdit.SetTags(EntryKind.Drive, [1], TagMode.Add, ["x"]));
        // Tags came later, but the merge was without tags: both can be undone in any order, as long as the rows are theirs.
        var place = await DoneAsync(new HistoryEdit.SetGeofence(EntryKind.Drive, [1], PlaceEnd.End, 2));
        Refused(await Editor.UndoAsync(merge.Change.Id, "test", default), EditProblem.LaterChange);
        await UndoneAsync(place);
        Refused(await Editor.UndoAsync(place.Change.Id, "test", default), EditProblem.AlreadyUndone);
        Refused(await Editor.UndoAsync(9999, "test", default), EditProblem.NotFound);
        await UndoneAsync(tags);
        await _database.ExecuteAsync("update drives set distance = 1 where id = 1");
        Refused(await Editor.UndoAsync(merge.Change.Id, "test", default), EditProblem.Touched);
    }

    [Theory]
    [InlineData("update positions set drive_id = null where id = 40")]
    [InlineData("delete from positions where id = 40")]
    [InlineData("insert into drives (id, car_id, start_date) values (2, 1, now())")]
    [InlineData("delete from drives where id = 1")]
    public async Task What_others_did_to_the_rows_stands_against_undoing(string sql)
    {
        var merge = await DoneAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2]));
        await _database.ExecuteAsync(sql);
        var after = await DumpAsync();
        Refused(await Editor.UndoAsync(merge.Change.Id, "test", default), EditProblem.Touched);
        (await DumpAsync()).ShouldBe(after);
    }

    [Fact]
    public async Task An_address_that_came_since_and_a_car_that_drove_on_do_not()
    {
        var before = await DumpAsync();
        var split = await DoneAsync(new HistoryEdit.Split(EntryKind.Drive, 1, 11));
        await _database.ExecuteAsync("update drives set end_address_id = 2 where id = 1; update drives set start_address_id = 2 where id = 5");
        await DriveAsync(900, 300);
        await UndoneAsync(split);
        (await DumpAsync()).Intersect(before).Count().ShouldBe(before.Count - 1, "all but the row of the car's log");
    }

    [Fact]
    public async Task Deleted_fences_and_new_ones_hold_for_what_comes_back()
    {
        var deletion = await DoneAsync(new HistoryEdit.Delete(EntryKind.Drive, [1]));
        var place = await DoneAsync(new HistoryEdit.Delete(EntryKind.Charge, [1]));
        await _database.ExecuteAsync("""
            delete from geofences where id = 1;
            insert into geofences (id, name, latitude, longitude, radius, inserted_at, updated_at)
                values (5, 'New', 52.544521, 13.350144, 50, now(), now() at time zone 'utc' + interval '2 seconds');
            delete from addresses where id = 2
            """);
        await UndoneAsync(deletion);
        await UndoneAsync(place);
        (await _database.RowAsync("select start_geofence_id, end_geofence_id, start_address_id, end_address_id from drives where id = 1")).ShouldBe(
            "-|5|1|-");
        (await _database.RowAsync("select geofence_id from charging_processes where id = 1")).ShouldBe("-");
    }

    [Fact]
    public async Task An_efficiency_that_the_car_got_since_is_derived_anew()
    {
        var deletion = await DoneAsync(new HistoryEdit.Delete(EntryKind.Charge, [1]));
        await _database.ExecuteAsync("update cars set efficiency = 0.3 where id = 1");
        await UndoneAsync(deletion);
        (await _database.ScalarAsync<double>("select efficiency from cars where id = 1")).ShouldBe(0.125);
    }

    [Fact]
    public async Task A_process_that_dies_in_the_middle_leaves_nothing()
    {
        var before = await DumpAsync();
        await using var other = await _database.TestSource.OpenConnectionAsync();
        await using var transaction = await other.BeginTransactionAsync();
        var merge = await StartMergeThatWaitsAsync(other);
        await _database.ExecuteAsync("select pg_terminate_backend(pid) from pg_locks where not granted and locktype = 'transactionid'");
        await Should.ThrowAsync<NpgsqlException>(merge);
        await transaction.RollbackAsync();
        (await DumpAsync()).ShouldBe(before);
        (await _database.ScalarAsync<long>("select count(*) from teslamate.history_changes")).ShouldBe(0);
        Done(await ApplyAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2])));
    }

    [Theory]
    [InlineData("drives")]
    [InlineData("charging_processes")]
    [InlineData("charges")]
    [InlineData("geofences")]
    public async Task Images_hold_every_column(string table)
    {
        var columns = await _database.RowsAsync($"select column_name::text from information_schema.columns where table_schema = 'public' and "
            + $"table_name = '{table}' order by 1");
        var known = table switch
        {
            "drives" => RowImages.DriveColumns,
            "charges" => RowImages.ChargeColumns,
            "geofences" => RowImages.GeofenceColumns,
            _ => RowImages.ProcessColumns,
        };
        known.Order(StringComparer.Ordinal).ShouldBe(columns);
    }

    [Fact]
    public async Task A_backup_carries_the_changes_and_they_can_be_undone_after_a_restore()
    {
        var before = await DumpAsync();
        var merge = await DoneAsync(new HistoryEdit.Merge(EntryKind.Charge, [1, 2]));
        var deletion = await DoneAsync(new HistoryEdit.Delete(EntryKind.Drive, [1]));
        await using var copy = new LogbookDatabase(await TestServer.CreateDatabaseAsync());
        await CopyAsync(_database.ConnectionString, copy.ConnectionString);
        await using var instance = new LogbookInstance(copy.DataSource);
        var editor = instance.Get<IHistoryEditor>();
        Done(await editor.UndoAsync(deletion.Change.Id, "test", default));
        Done(await editor.UndoAsync(merge.Change.Id, "test", default));
        (_database, var original) = (copy, _database);
        (await DumpAsync()).ShouldBe(before);
        _database = original;
    }

    /// <summary>A backup of all and its restore, by PostgreSQL's own programs.</summary>
    static async Task CopyAsync(string from, string to)
    {
        using var folder = new RestoreTests.TempFolder();
        var file = folder.File("dump.sql");
        await RunAsync("pg_dump", from, "--no-owner", "--file", file);
        await RunAsync("psql", to, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", file);

        static async Task RunAsync(string program, string connectionString, params string[] arguments)
        {
            var connection = new NpgsqlConnectionStringBuilder(connectionString);
            var binaries = PrivateCluster.FindBinaries();
            var start = new ProcessStartInfo(binaries is null ? program : Path.Combine(binaries, program), [
                "--host", connection.Host!, "--port", Invariant($"{connection.Port}"), "--username", connection.Username!, "--dbname",
                connection.Database!, .. arguments])
            {
                RedirectStandardError = true,
            };
            start.Environment["PGPASSWORD"] = connection.Password ?? "";
            using var process = Process.Start(start)!;
            var errors = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0, errors);
        }
    }
}
