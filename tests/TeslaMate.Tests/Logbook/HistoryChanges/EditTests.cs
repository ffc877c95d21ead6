using TeslaMate.Logbook;
using TeslaMate.Logbook.HistoryChanges;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Logbook.HistoryChanges;

/// <summary>What an edit does, and when it is refused (spec api 2.6).</summary>
public sealed class EditTests : EditedLog
{
    const string Drives = """
        select id, start_date, end_date, start_km, end_km, distance, duration_min, start_address_id, end_address_id, start_geofence_id,
            end_geofence_id,
            (select count(*) from positions where drive_id = drives.id)
        from drives
        order by start_date
        """;

    const string Charges = """
        select id, start_date, end_date, duration_min, charge_energy_added, charge_energy_used, cost, start_battery_level, end_battery_level,
            (select count(*) from charges where charging_process_id = p.id)
        from charging_processes p
        order by start_date
        """;

    [Fact]
    public async Task Merged_drives_are_as_if_they_had_been_one()
    {
        await ApplyAsync(new HistoryEdit.SetTags(EntryKind.Drive, [1], TagMode.Add, ["work", "rain"]));
        await ApplyAsync(new HistoryEdit.SetTags(EntryKind.Drive, [2], TagMode.Add, ["work", "night"]));
        var detail = await DoneAsync(new HistoryEdit.Merge(EntryKind.Drive, [2, 1]));
        (await _database.RowsAsync(Drives))[0].ShouldBe("1|10:00:00|11:10:00|100|145|45|70|1|2|1|-|62");
        (await _database.RowsAsync("select drive_id, tag from teslamate.drive_tags order by tag")).ShouldBe(["1|night", "1|rain", "1|work"]);
        detail.Moves.ShouldBe([new MovedRows("positions", 2, 1, 31)]);
        detail.Rows.Select(row => $"{row.Kind} {row.Id} {row.Before is null} {row.After is null}").ShouldBe(
            ["drive_tags 1 False False", "drive_tags 2 False False", "drives 1 False False", "drives 2 False True"]);
        await StatisticsAreThoseOfARebuildAsync();
    }

    [Fact]
    public async Task A_drive_is_split_at_a_position_that_both_have()
    {
        await ApplyAsync(new HistoryEdit.SetTags(EntryKind.Drive, [1], TagMode.Replace, ["work"]));
        await _database.ExecuteAsync("insert into teslamate.imported_entries values ('drive', 1, 1, 7)");
        var at = (await Editor.RowAtAsync(EntryKind.Drive, 1, At(10 * 60), default)).ShouldNotBeNull();
        await DoneAsync(new HistoryEdit.Split(EntryKind.Drive, 1, at));
        (await _database.RowsAsync(Drives))[..2].ShouldBe(["1|10:00:00|10:10:00|100|105|5|10|1|-|1|-|11",
            "5|10:10:00|10:30:00|105|115|10|20|-|2|-|-|21"]);
        (await _database.RowsAsync("select drive_id, tag from teslamate.drive_tags order by 1")).ShouldBe(["1|work", "5|work"]);
        (await _database.RowsAsync("select entry_id, run_id from teslamate.imported_entries order by 1")).ShouldBe(["1|7", "5|7"]);
        await StatisticsAreThoseOfARebuildAsync();
        await DoneAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 5]));
        (await _database.RowsAsync(Drives))[0].ShouldBe("1|10:00:00|10:30:00|100|115|15|30|1|2|1|-|32");
    }

    [Fact]
    public async Task A_drive_is_trimmed_and_its_other_positions_stay()
    {
        await DoneAsync(new HistoryEdit.Trim(EntryKind.Drive, 1, At(4 * 60), At(20 * 60)));
        (await _database.RowsAsync(Drives))[0].ShouldBe("1|10:04:00|10:20:00|102|110|8|16|-|-|-|-|17");
        (await _database.ScalarAsync<long>("select count(*) from positions where drive_id is null and date < '2024-05-01 10:30:01'")).ShouldBe(14);
        await StatisticsAreThoseOfARebuildAsync();
        await DoneAsync(new HistoryEdit.Trim(EntryKind.Drive, 2, null, At(60 * 60)));
        (await _database.RowsAsync(Drives))[1].ShouldBe("2|10:40:00|11:00:00|130|140|10|20|1|-|1|-|21");
    }

    [Fact]
    public async Task Deleted_drives_leave_their_positions_behind()
    {
        await DoneAsync(new HistoryEdit.Delete(EntryKind.Drive, [1, 3, 1]));
        (await _database.RowsAsync("select id from drives order by id")).ShouldBe(["2", "4"]);
        (await _database.ScalarAsync<long>("select count(*) from positions where drive_id is null")).ShouldBe(62 + 3);
        await StatisticsAreThoseOfARebuildAsync();
    }

    [Fact]
    public async Task Merged_charges_add_up_and_so_do_their_costs()
    {
        await _database.ExecuteAsync("update charging_processes set cost = id + 0.5");
        await DoneAsync(new HistoryEdit.Merge(EntryKind.Charge, [1, 2]));
        // 5 each, and what the counter grew by in between: from 5 to 6.
        (await _database.RowsAsync(Charges))[0].ShouldBe("1|12:00:00|13:40:00|100|11.00|15.72|4.00|50|70|42");
        await StatisticsAreThoseOfARebuildAsync();
    }

    [Fact]
    public async Task Without_the_cost_of_one_there_is_no_sum_and_a_counter_that_began_anew_loses_nothing()
    {
        await _database.ExecuteAsync("update charging_processes set cost = null where id = 1; update charges set charge_energy_added = "
            + "charge_energy_added - 6 where charging_process_id = 2");
        await DoneAsync(new HistoryEdit.Merge(EntryKind.Charge, [1, 2]));
        (await _database.RowAsync("select charge_energy_added, cost from charging_processes where id = 1")).ShouldBe("10.00|-");
    }

    [Fact]
    public async Task A_charge_is_split_and_its_cost_divided_by_energy()
    {
        await _database.ExecuteAsync("update charging_processes set cost = 10");
        var at = await _database.ScalarAsync<int>("select id from charges where charging_process_id = 1 order by date offset 5 limit 1");
        await DoneAsync(new HistoryEdit.Split(EntryKind.Charge, 1, at));
        (await _database.RowsAsync(Charges))[..2].ShouldBe(["1|12:00:00|12:10:00|10|1.25|1.83|2.49|50|55|6",
            "4|12:10:00|12:40:00|30|3.75|5.52|7.51|55|70|16"]);
        await StatisticsAreThoseOfARebuildAsync();
    }

    [Fact]
    public async Task A_charge_is_trimmed_and_its_cost_stays()
    {
        await _database.ExecuteAsync("update charging_processes set cost = 10");
        await DoneAsync(new HistoryEdit.Trim(EntryKind.Charge, 1, At(130 * 60), null));
        (await _database.RowsAsync(Charges))[0].ShouldBe("1|12:10:00|12:40:00|30|3.75|5.52|10.00|55|70|16");
        await StatisticsAreThoseOfARebuildAsync();
    }

    [Fact]
    public async Task A_deleted_charge_takes_its_readings_along_and_the_efficiency_follows()
    {
        // Three that agree give three digits, two of them two.
        (await _database.RowAsync("select efficiency from cars where id = 1")).ShouldBe("0.125");
        await _database.ExecuteAsync("update cars set efficiency = 0.2 where id = 1");
        await DoneAsync(new HistoryEdit.Delete(EntryKind.Charge, [3]));
        (await _database.RowAsync("select (select count(*) from charging_processes), (select count(*) from charges), efficiency from cars where "
            + "id = 1")).ShouldBe("2|42|0.13");
        await StatisticsAreThoseOfARebuildAsync();
    }

    [Theory]
    [InlineData(CostMode.Total, 4.2, "4.20")]
    [InlineData(CostMode.PerKwh, 0.5, "3.68")]
    [InlineData(CostMode.PerMinute, -0.25, "-10.00")]
    [InlineData(CostMode.Total, null, "-")]
    public async Task A_cost_is_set_as_by_the_page_and_is_the_owners(CostMode mode, double? value, string cost)
    {
        await DoneAsync(new HistoryEdit.SetCost([1, 3], mode, (decimal?)value));
        (await _database.RowsAsync("select cost from charging_processes where id <> 2")).ShouldBe([cost, cost]);
        (await _database.RowsAsync("select charging_process_id, source, amount from teslamate.charge_costs order by 1")).ShouldBe([$"1|user|{cost}",
            $"3|user|{cost}"]);
    }

    [Fact]
    public async Task A_place_is_one_of_the_known_ones_or_none()
    {
        await DoneAsync(new HistoryEdit.SetGeofence(EntryKind.Drive, [1, 2], PlaceEnd.End, 2));
        await DoneAsync(new HistoryEdit.SetGeofence(EntryKind.Drive, [1], PlaceEnd.Start, null));
        await DoneAsync(new HistoryEdit.SetAddress(EntryKind.Drive, [1], PlaceEnd.Start, 2));
        await DoneAsync(new HistoryEdit.SetGeofence(EntryKind.Charge, [1], PlaceEnd.Start, 2));
        await DoneAsync(new HistoryEdit.SetAddress(EntryKind.Charge, [1], PlaceEnd.Start, null));
        (await _database.RowsAsync("select start_address_id, end_address_id, start_geofence_id, end_geofence_id from drives where id < 3 order by "
            + "id")).ShouldBe(["2|2|-|2", "1|2|1|2"]);
        (await _database.RowAsync("select address_id, geofence_id from charging_processes where id = 1")).ShouldBe("-|2");
        Refused(await ApplyAsync(new HistoryEdit.SetGeofence(EntryKind.Drive, [1], PlaceEnd.End, 99)), EditProblem.UnknownPlace);
        Refused(await ApplyAsync(new HistoryEdit.SetAddress(EntryKind.Charge, [1], PlaceEnd.End, 99)), EditProblem.UnknownPlace);
    }

    [Fact]
    public async Task Tags_are_replaced_added_and_removed()
    {
        await DoneAsync(new HistoryEdit.SetTags(EntryKind.Charge, [1, 2], TagMode.Replace, [" b ", "a", "a"]));
        await DoneAsync(new HistoryEdit.SetTags(EntryKind.Charge, [2, 3], TagMode.Add, ["c", "a"]));
        await DoneAsync(new HistoryEdit.SetTags(EntryKind.Charge, [1, 2, 3], TagMode.Remove, ["a"]));
        var tags = await Editor.TagsAsync(EntryKind.Charge, [1, 2, 3], default);
        tags.OrderBy(pair => pair.Key).Select(pair => $"{pair.Key} {string.Join(',', pair.Value)}").ShouldBe(["1 b", "2 b,c", "3 c"]);
        await DoneAsync(new HistoryEdit.SetTags(EntryKind.Charge, [1], TagMode.Replace, []));
        Refused(await ApplyAsync(new HistoryEdit.SetTags(EntryKind.Charge, [1], TagMode.Replace, [])), EditProblem.NothingToDo);
    }

    [Fact]
    public async Task Tags_have_1_to_40_characters_and_are_20_at_most()
    {
        string[] twenty = [.. Enumerable.Range(0, 20).Select(i => $"tag {i}")];
        await DoneAsync(new HistoryEdit.SetTags(EntryKind.Drive, [1], TagMode.Replace, [.. twenty[1..], string.Concat(Enumerable.Repeat("🚗", 40))]));
        foreach (string[] wrong in (string[][])[[""], [" "], [new string('x', 41)], ["a;b"], ["a\nb"], [.. twenty, "more"]])
            Refused(await ApplyAsync(new HistoryEdit.SetTags(EntryKind.Drive, [1], TagMode.Replace, wrong)), EditProblem.InvalidTags);
        Refused(await ApplyAsync(new HistoryEdit.SetTags(EntryKind.Drive, [1], TagMode.Add, ["more"])), EditProblem.InvalidTags);
        (await _database.ScalarAsync<long>("select count(*) from teslamate.drive_tags")).ShouldBe(20);
    }

    [Fact]
    public async Task Only_consecutive_ones_of_one_car_can_be_merged()
    {
        await _database.ExecuteAsync("""
            insert into positions (id, car_id, date, latitude, longitude, odometer) values (9000, 2, '2024-05-01 11:00', 1, 1, 500);
            insert into drives (id, car_id, start_date, end_date, start_km, end_km) values (90, 2, '2024-05-01 11:20', '2024-05-01 11:30', 500, 510)
            """);
        Refused(await ApplyAsync(Merge(1, 90)), EditProblem.SeveralCars);
        // The charges 1 and 2 lie between.
        Refused(await ApplyAsync(Merge(2, 3)), EditProblem.GapTooLong);
        await _database.ExecuteAsync("update drives set end_date = '2024-05-01 11:45' where id = 2");
        Refused(await ApplyAsync(Merge(2, 3)), EditProblem.NotConsecutive);
        Refused(await ApplyAsync(Merge(1, 3)), EditProblem.GapTooLong);
        Refused(await ApplyAsync(new HistoryEdit.Merge(EntryKind.Charge, [2, 3])), EditProblem.GapTooLong);
        await _database.ExecuteAsync("update drives set start_km = 10 where id = 2");
        Refused(await ApplyAsync(Merge(1, 2)), EditProblem.OdometerFalls);
        await _database.ExecuteAsync("update drives set start_km = null where id = 2; update drives set start_date = '2024-05-01 10:29' where id "
            + "= 2");
        Refused(await ApplyAsync(Merge(1, 2)), EditProblem.NotConsecutive);
        Refused(await ApplyAsync(Merge(1)), EditProblem.NothingToDo);
        Refused(await ApplyAsync(Merge(1, 99)), EditProblem.NotFound);
        // Drive 2 lies between.
        await _database.ExecuteAsync("update drives set start_date = '2024-05-01 10:40', end_date = '2024-05-01 11:10' where id = 2; update "
            + "drives set start_date = '2024-05-01 11:50' where id = 3");
        Refused(await ApplyAsync(Merge(1, 3)), EditProblem.NotConsecutive);

        static HistoryEdit.Merge Merge(params int[] ids) => new(EntryKind.Drive, ids);
    }

    [Theory]
    [InlineData(5 * 3600 + 3599, null)]
    [InlineData(6 * 3600, EditProblem.GapTooLong)]
    public async Task A_gap_is_shorter_than_six_hours(int seconds, EditProblem? problem)
    {
        await _database.ExecuteAsync(Invariant($"""
            delete from charging_processes; delete from drives where id > 2;
            update positions set date = date + interval '{seconds - 600} seconds' where drive_id = 2;
            update drives set start_date = start_date + interval '{seconds - 600} seconds', end_date = end_date + interval '{seconds - 600} seconds'
                where id = 2
            """));
        var answer = await ApplyAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2]));
        if (problem is { } refused)
            Refused(answer, refused);
        else
            Done(answer);
    }

    [Fact]
    public async Task Both_halves_of_a_split_need_two()
    {
        foreach (var kind in Enum.GetValues<EntryKind>())
        {
            var table = kind is EntryKind.Drive ? "positions where drive_id = 1" : "charges where charging_process_id = 1";
            var parts = (await _database.RowsAsync($"select id from {table} order by date, id")).ConvertAll(int.Parse);
            Refused(await ApplyAsync(new HistoryEdit.Split(kind, 1, parts[0])), EditProblem.TooFewRows);
            Refused(await ApplyAsync(new HistoryEdit.Split(kind, 1, parts[^1])), EditProblem.TooFewRows);
            Refused(await ApplyAsync(new HistoryEdit.Split(kind, 2, parts[3])), EditProblem.NotFound);
            Refused(await ApplyAsync(new HistoryEdit.Split(kind, 99, parts[3])), EditProblem.NotFound);
        }

        // Positions 1 to 3 have no range: that is no drive.
        await _database.ExecuteAsync("update positions set ideal_battery_range_km = null where drive_id = 1 and date < '2024-05-01 10:04'");
        var third = await _database.ScalarAsync<int>("select id from positions where drive_id = 1 order by date offset 2 limit 1");
        Refused(await ApplyAsync(new HistoryEdit.Split(EntryKind.Drive, 1, third)), EditProblem.TooShort);
    }

    [Fact]
    public async Task What_would_leave_nothing_or_change_nothing_is_refused()
    {
        Refused(await ApplyAsync(new HistoryEdit.Trim(EntryKind.Drive, 1, At(3000 * 60), null)), EditProblem.TooShort);
        Refused(await ApplyAsync(new HistoryEdit.Trim(EntryKind.Drive, 1, At(-1), At(99999))), EditProblem.NothingToDo);
        Refused(await ApplyAsync(new HistoryEdit.Trim(EntryKind.Drive, 1, null, null)), EditProblem.NothingToDo);
        Refused(await ApplyAsync(new HistoryEdit.Trim(EntryKind.Drive, 1, At(60), At(60))), EditProblem.InvalidValue);
        Refused(await ApplyAsync(new HistoryEdit.Trim(EntryKind.Charge, 1, At(160 * 60), null)), EditProblem.TooFewRows);
        Refused(await ApplyAsync(new HistoryEdit.Trim(EntryKind.Charge, 1, null, At(99999))), EditProblem.NothingToDo);
        Refused(await ApplyAsync(new HistoryEdit.Delete(EntryKind.Drive, [])), EditProblem.NothingToDo);
        Refused(await ApplyAsync(new HistoryEdit.Delete(EntryKind.Drive, [.. Enumerable.Range(1, 501)])), EditProblem.TooMany);
        Refused(await ApplyAsync(new HistoryEdit.SetCost([1], CostMode.PerKwh, null)), EditProblem.InvalidValue);
        Refused(await ApplyAsync(new HistoryEdit.SetCost([1], CostMode.Total, 1e12m)), EditProblem.InvalidValue);
        Refused(await ApplyAsync(new HistoryEdit.SetCost([1], CostMode.PerMinute, 99_999_999_999m)), EditProblem.InvalidValue);
        await _database.ExecuteAsync("update charging_processes set charge_energy_added = null, charge_energy_used = null, duration_min = null "
            + "where id = 2");
        Refused(await ApplyAsync(new HistoryEdit.SetCost([1, 2], CostMode.PerKwh, 1)), EditProblem.NoFactor);
        Refused(await ApplyAsync(new HistoryEdit.SetCost([1, 2], CostMode.PerMinute, 1)), EditProblem.NoFactor);
        (await _database.ScalarAsync<long>("select count(*) from teslamate.history_changes")).ShouldBe(0);
    }

    [Fact]
    public async Task A_preview_says_what_a_change_does_and_does_nothing()
    {
        var before = await DumpAsync();
        var sequences = await SequencesAsync();
        foreach (var edit in (HistoryEdit.OfEntries[])[
            new HistoryEdit.Merge(EntryKind.Charge, [1, 2]), new HistoryEdit.Split(EntryKind.Drive, 1, 11),
            new HistoryEdit.Split(EntryKind.Charge, 1, 11),
            new HistoryEdit.Trim(EntryKind.Drive, 1, At(60), null), new HistoryEdit.Delete(EntryKind.Charge, [1]),
            new HistoryEdit.SetCost([2], CostMode.Total, 3)])
        {
            var preview = Done(await Editor.PreviewAsync(edit, default));
            preview.Change.Id.ShouldBeLessThan(0);
            preview.Rows.ShouldNotBeEmpty();
            (await DumpAsync()).ShouldBe(before);
        }

        (await SequencesAsync()).ShouldBe(sequences);
        (await _database.ScalarAsync<long>("select count(*) from teslamate.history_changes")).ShouldBe(0);
        var split = Done(await Editor.PreviewAsync(new HistoryEdit.Split(EntryKind.Drive, 1, 11), default));
        var done = await DoneAsync(new HistoryEdit.Split(EntryKind.Drive, 1, 11));
        done.Version.ShouldBe(split.Version);
        done.Rows.Single(row => row is { Kind: "drives", Id: 1 }).After!.Value.GetProperty("distance").GetDouble()
            .ShouldBe(split.Rows.Single(row => row is { Kind: "drives", Id: 1 }).After!.Value.GetProperty("distance").GetDouble());
    }

    [Fact]
    public async Task A_change_made_after_a_preview_of_other_rows_is_refused()
    {
        var edit = new HistoryEdit.SetCost([1], CostMode.Total, 3);
        var preview = Done(await Editor.PreviewAsync(edit, default));
        await _database.ExecuteAsync("update charging_processes set cost = 8 where id = 1");
        Refused(await Editor.ApplyAsync(edit, "test", preview.Version, key: null, default), EditProblem.Stale);
        Done(await Editor.ApplyAsync(edit, "test", Done(await Editor.PreviewAsync(edit, default)).Version, key: null, default));
    }

    [Fact]
    public async Task A_key_makes_a_repetition_harmless_for_a_day()
    {
        var edit = new HistoryEdit.Delete(EntryKind.Drive, [1, 2]);
        var first = Done(await Editor.ApplyAsync(edit, "a", null, "key", default));
        // The rows are gone, and so the car has to be found by those that are left: a repetition comes with the same rows.
        Refused(await Editor.ApplyAsync(new HistoryEdit.Delete(EntryKind.Drive, [3]), "a", null, "key", default), EditProblem.KeyReused);
        var again = (await Editor.ApplyAsync(edit, "a", null, "key", default)).ShouldBeOfType<EditAnswer.Done>();
        (again.IsRepeated, again.Detail.Change.Id).ShouldBe((true, first.Change.Id));
        Done(await Editor.ApplyAsync(new HistoryEdit.Delete(EntryKind.Drive, [3]), "b", null, "key", default));
        await _database.ExecuteAsync("update teslamate.history_changes set changed_at = changed_at - interval '25 hours'");
        Done(await Editor.ApplyAsync(new HistoryEdit.Delete(EntryKind.Drive, [4]), "a", null, "key", default));
    }

    [Fact]
    public async Task Changes_are_listed_newest_first_and_forgotten_after_90_days()
    {
        var first = await DoneAsync(new HistoryEdit.SetCost([1], CostMode.Total, 3));
        var second = await DoneAsync(new HistoryEdit.Merge(EntryKind.Drive, [1, 2]));
        (await Editor.ListAsync(null, null, 10, default)).Select(change => change.Id).ShouldBe([second.Change.Id, first.Change.Id]);
        (await Editor.ListAsync([new CarId(1)], second.Change.Id, 10, default)).Select(change => change.Edit.ToString())
            .ShouldBe(["cost of charge 1: 3 (Total)"]);
        (await Editor.ListAsync([new CarId(2)], null, 10, default)).ShouldBeEmpty();
        (await Editor.FindAsync(second.Change.Id, default)).ShouldNotBeNull().Moves.Count.ShouldBe(1);
        await _database.ExecuteAsync(
            Invariant($"update teslamate.history_changes set changed_at = changed_at - interval '90 days' where id = {first.Change.Id}"));
        (await Editor.ListAsync(null, null, 10, default)).ShouldHaveSingleItem();
        Refused(await Editor.UndoAsync(first.Change.Id, "test", default), EditProblem.NotFound);
        (await _instance.Get<HistoryEditor>().ForgetOldAsync(default)).ShouldBe(1);
        (await _database.ScalarAsync<long>("select count(distinct change_id) from teslamate.history_rows")).ShouldBe(1);
    }

    Task<List<string>> SequencesAsync() => _database.RowsAsync("select sequencename::text, last_value from pg_sequences order by 1");
}
