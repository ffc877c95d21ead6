using TeslaMate.Logbook.Charging;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.Writing;
using static TeslaMate.Logbook.HistoryChanges.EditRules;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>
/// The writing of one edit, in a transaction of the caller. Derived columns come from the statements that end live drives and charging processes;
/// what these leave alone (the places, a cost by hand) is set around them.
/// </summary>
/// <param name="change">The number of its record.</param>
/// <param name="isRehearsal">
/// It will be taken back: new rows get numbers below zero, since no transaction takes back what a sequence gave.
/// </param>
sealed class EditTransaction(NpgsqlConnection connection, long change, bool isRehearsal, DateTimeOffset now)
{
    static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

    readonly List<Outcome> _outcomes = [];

    /// <summary>What the statements of the logbook said.</summary>
    public IReadOnlyList<Outcome> Outcomes => _outcomes;

    /// <summary>Takes the images of everything that an edit may touch.</summary>
    public async Task RecordAsync(HistoryEdit.OfEntries edit, CarId car, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(edit.Kind);
        int[] ids = [.. edit.Ids];
        if (edit is not HistoryEdit.SetTags)
            await RecordAsync(table.Rows, ids, cancellationToken);
        if (edit is HistoryEdit.SetTags or HistoryEdit.Merge or HistoryEdit.Split or HistoryEdit.Delete)
            await RecordAsync(edit.Kind is EntryKind.Drive ? "drive_tags" : "charging_process_tags", ids, cancellationToken);
        if (edit is HistoryEdit.SetCost || edit.ChangesEnergies)
            await RecordAsync("charge_costs", ids, cancellationToken);
        if (edit is HistoryEdit.Trim or HistoryEdit.Delete && edit.Kind is EntryKind.Charge)
            await RecordAsync("charges", ids, cancellationToken);
        if (edit.ChangesEnergies)
            await RecordAsync("cars", [car.Value], cancellationToken);
    }

    public async Task RunAsync(HistoryEdit.OfEntries edit, CarId car, IReadOnlyList<EditedRow> rows, CancellationToken cancellationToken)
    {
        switch (edit)
        {
            case HistoryEdit.Merge(EntryKind.Drive, _):
                await MergeDrivesAsync(car, rows, cancellationToken);
                break;
            case HistoryEdit.Merge:
                await MergeChargesAsync(car, rows, cancellationToken);
                break;
            case HistoryEdit.Split(EntryKind.Drive, var id, var at):
                await SplitDriveAsync(car, id, at, cancellationToken);
                break;
            case HistoryEdit.Split(_, var id, var at):
                await SplitChargeAsync(car, id, at, cancellationToken);
                break;
            case HistoryEdit.Trim(EntryKind.Drive, var id, var from, var to):
                await TrimDriveAsync(car, id, from, to, cancellationToken);
                break;
            case HistoryEdit.Trim(_, var id, var from, var to):
                await TrimChargeAsync(car, id, from, to, cancellationToken);
                break;
            case HistoryEdit.Delete(var kind, var ids):
                await DeleteAsync(kind, [.. ids], cancellationToken);
                break;
            case HistoryEdit.SetGeofence(var kind, var ids, var end, var geofence):
                await SetPlaceAsync(kind, [.. ids], end, "geofence", geofence, cancellationToken);
                break;
            case HistoryEdit.SetAddress(var kind, var ids, var end, var address):
                await SetPlaceAsync(kind, [.. ids], end, "address", address, cancellationToken);
                break;
            case HistoryEdit.SetCost cost:
                await SetCostAsync(cost, cancellationToken);
                break;
            case HistoryEdit.SetTags tags:
                await SetTagsAsync(tags, cancellationToken);
                break;
            default:
                throw new System.Diagnostics.UnreachableException();
        }

        if (edit.ChangesEnergies)
            await StatementAsync(EfficiencyStatements.Derive(car), cancellationToken);
    }

    /// <summary>Takes the images of what came of it; refuses when that is nothing.</summary>
    public async Task FinishAsync(HistoryEdit.OfEntries edit, CancellationToken cancellationToken)
    {
        foreach (var sql in RowImages.After)
            await ExecuteAsync(sql, cancellationToken, Value.Of(change));
        if (!await ScalarAsync<bool>(RowImages.IsChange, cancellationToken, Value.Of(change)))
            throw new EditRefusedException(EditProblem.NothingToDo, "Everything is like that already.");
        if (edit is HistoryEdit.Merge or HistoryEdit.Split or HistoryEdit.Trim or HistoryEdit.Delete && !isRehearsal)
            await ExecuteAsync(RowImages.ForgetStatistics, cancellationToken, Value.Of(change));
    }

    /// <summary>Puts the rows of the change back.</summary>
    public async Task UndoAsync(HistoryEdit.OfEntries edit, CarId car, CancellationToken cancellationToken)
    {
        foreach (var sql in RowImages.Restore)
            await ExecuteAsync(sql, cancellationToken, Value.Of(change));
        // The car may have got another efficiency since: then the charges that are there again decide.
        if (edit.ChangesEnergies && await ExecuteAsync(RowImages.RestoreEfficiency, cancellationToken, Value.Of(change)) == 0)
            await StatementAsync(EfficiencyStatements.Derive(car), cancellationToken);
        await ExecuteAsync(RowImages.ForgetStatistics, cancellationToken, Value.Of(change));
    }

    async Task MergeDrivesAsync(CarId car, IReadOnlyList<EditedRow> rows, CancellationToken cancellationToken)
    {
        var first = rows[0].Id;
        int[] others = [.. rows.Skip(1).Select(row => row.Id)];
        await MoveAsync(EntryTable.Drives, others, first, cancellationToken);
        await UniteTagsAsync(EntryTable.Drives, first, others, cancellationToken);
        await ExecuteAsync(
            """
            update public.drives
            set end_address_id = last.end_address_id, end_geofence_id = last.end_geofence_id
            from public.drives last
            where drives.id = $1 and last.id = $2
            """,
            cancellationToken, Value.Of(first), Value.Of(rows[^1].Id));
        await ExecuteAsync("delete from public.drives where id = any ($1)", cancellationToken, Value.Array(others));
        await CloseAsync(car, first, cancellationToken);
    }

    async Task SplitDriveAsync(CarId car, int id, int at, CancellationToken cancellationToken)
    {
        var second = await NumberAsync("public.trips_id_seq", id, cancellationToken);
        await SplitPointAsync(EntryTable.Drives, id, at, cancellationToken);
        await ExecuteAsync(
            """
            insert into public.drives (id, car_id, start_date, end_date, end_address_id, end_geofence_id)
            select $2, car_id, start_date, end_date, end_address_id, end_geofence_id
            from public.drives
            where id = $1
            """,
            cancellationToken, Value.Of(id), Value.Of(second));
        await ExecuteAsync("update public.drives set end_address_id = null, end_geofence_id = null where id = $1", cancellationToken, Value.Of(id));
        await DivideAsync(EntryTable.Drives, "positions", "public.positions_id_seq", id, second, at, cancellationToken);
        await CloseAsync(car, id, cancellationToken);
        await CloseAsync(car, second, cancellationToken);
    }

    async Task TrimDriveAsync(CarId car, int id, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            """
            insert into teslamate.history_moves (change_id, kind, before, after, row_ids)
            select $4, 'positions', $1, null, array_agg(id order by id)
            from public.positions
            where drive_id = $1 and (date < $2 or date > $3)
            having count(*) > 0
            """,
            cancellationToken, Value.Of(id), Value.Of(from), Value.Of(to), Value.Of(change));
        // An end that is cut off was at another place.
        await ExecuteAsync(
            """
            update public.drives
            set start_address_id = case when start_date < $2 then null else start_address_id end,
                start_geofence_id = case when start_date < $2 then null else start_geofence_id end,
                end_address_id = case when end_date > $3 then null else end_address_id end,
                end_geofence_id = case when end_date > $3 then null else end_geofence_id end
            where id = $1
            """,
            cancellationToken, Value.Of(id), Value.Of(from), Value.Of(to));
        var cut = await ExecuteAsync(
            """
            update public.positions p
            set drive_id = m.after
            from teslamate.history_moves m
            where m.change_id = $1 and p.id = any (m.row_ids)
            """,
            cancellationToken, Value.Of(change));
        if (cut == 0)
            throw new EditRefusedException(EditProblem.NothingToDo, "Nothing lies outside of the new bounds.");
        await CloseAsync(car, id, cancellationToken);
    }

    async Task MergeChargesAsync(CarId car, IReadOnlyList<EditedRow> rows, CancellationToken cancellationToken)
    {
        var first = rows[0].Id;
        int[] all = [.. rows.Select(row => row.Id)];
        int[] others = all[1..];
        // The counter of the car goes on over a gap, or begins anew: what it grew by in between was charged, too. Energy drawn is not measured there.
        var sums = await ReadAsync(
            """
            with parts as (
                select
                    process.charge_energy_added as added, process.charge_energy_used as used, process.cost,
                    begun.energy - lag(ended.energy) over (order by process.start_date, process.id) as gap
                from public.charging_processes process
                left join lateral (
                    select charge_energy_added as energy
                    from public.charges
                    where charging_process_id = process.id
                    order by date, id
                    limit 1) begun on true
                left join lateral (
                    select charge_energy_added as energy
                    from public.charges
                    where charging_process_id = process.id
                    order by date desc, id desc
                    limit 1) ended on true
                where process.id = any ($1))
            select
                case when bool_and(added is not null) then sum(added) + coalesce(sum(gap) filter (where gap > 0), 0) end,
                case when bool_and(used is not null) then sum(used) + coalesce(sum(gap) filter (where gap > 0), 0) end,
                case when bool_and(cost is not null) then sum(cost) end
            from parts
            """,
            reader => (Added: reader.Decimal(0), Used: reader.Decimal(1), Cost: reader.Decimal(2)), cancellationToken, Value.Array(all));
        await MoveAsync(EntryTable.Charges, others, first, cancellationToken);
        await UniteTagsAsync(EntryTable.Charges, first, others, cancellationToken);
        await ExecuteAsync("delete from public.charging_processes where id = any ($1)", cancellationToken, Value.Array(others));
        await CompleteAsync(car, first, cancellationToken);
        await ExecuteAsync(
            """
            update public.charging_processes
            set charge_energy_added = coalesce(least($2, 999999.99), charge_energy_added),
                charge_energy_used = coalesce(least($3, 999999.99), charge_energy_used)
            where id = $1
            """,
            cancellationToken, Value.Of(first), Value.Of(sums.Added), Value.Of(sums.Used));
        await KeepCostAsync(first, sums.Cost, cancellationToken);
    }

    async Task SplitChargeAsync(CarId car, int id, int at, CancellationToken cancellationToken)
    {
        var second = await NumberAsync("public.charging_processes_id_seq", id, cancellationToken);
        await SplitPointAsync(EntryTable.Charges, id, at, cancellationToken);
        var cost = await ReadAsync("select cost from public.charging_processes where id = $1", reader => reader.Decimal(0), cancellationToken,
            Value.Of(id));
        await ExecuteAsync(
            """
            insert into public.charging_processes (id, car_id, position_id, address_id, geofence_id, start_date, end_date)
            select $2, car_id, position_id, address_id, geofence_id, start_date, end_date
            from public.charging_processes
            where id = $1
            """,
            cancellationToken, Value.Of(id), Value.Of(second));
        await DivideAsync(EntryTable.Charges, "charge", "public.charges_id_seq", id, second, at, cancellationToken);
        await RecordAsync("charge_costs", [second], cancellationToken);
        await CompleteAsync(car, id, cancellationToken);
        await CompleteAsync(car, second, cancellationToken);
        var share = await ReadAsync(
            """
            select round($3 * coalesce(one.kwh / nullif(one.kwh + two.kwh, 0), 1), 2)
            from (select coalesce(greatest(charge_energy_added, charge_energy_used), 0) as kwh from public.charging_processes where id = $1) one
            cross join (select coalesce(greatest(charge_energy_added, charge_energy_used), 0) as kwh from public.charging_processes where id = $2) two
            """,
            reader => reader.Decimal(0), cancellationToken, Value.Of(id), Value.Of(second), Value.Of(cost));
        await KeepCostAsync(id, share, cancellationToken);
        await ExecuteAsync(
            """
            insert into teslamate.charge_costs (charging_process_id, source, amount, set_at)
            select $2, source, amount, set_at from teslamate.charge_costs where charging_process_id = $1
            """,
            cancellationToken, Value.Of(id), Value.Of(second));
        await KeepCostAsync(second, cost - share, cancellationToken);
    }

    async Task TrimChargeAsync(CarId car, int id, DateTimeOffset? from, DateTimeOffset? to, CancellationToken cancellationToken)
    {
        var cost = await ReadAsync("select cost from public.charging_processes where id = $1", reader => reader.Decimal(0), cancellationToken,
            Value.Of(id));
        var cut = await ExecuteAsync(
            "delete from public.charges where charging_process_id = $1 and (date < $2 or date > $3)",
            cancellationToken, Value.Of(id), Value.Of(from), Value.Of(to));
        if (cut == 0)
            throw new EditRefusedException(EditProblem.NothingToDo, "Nothing lies outside of the new bounds.");
        await CompleteAsync(car, id, cancellationToken);
        await KeepCostAsync(id, cost, cancellationToken);
    }

    async Task DeleteAsync(EntryKind kind, int[] ids, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(kind);
        if (kind is EntryKind.Drive)
            await MoveAsync(table, ids, to: null, cancellationToken);
        await ExecuteAsync($"delete from public.{table.Rows} where id = any ($1)", cancellationToken, Value.Array(ids));
    }

    async Task SetPlaceAsync(EntryKind kind, int[] ids, PlaceEnd end, string what, int? place, CancellationToken cancellationToken)
    {
        var column = kind is EntryKind.Charge ? $"{what}_id" : end is PlaceEnd.Start ? $"start_{what}_id" : $"end_{what}_id";
        var places = what == "address" ? "addresses" : "geofences";
        if (place is not null && !await ScalarAsync<bool>($"select exists (select from public.{places} where id = $1)", cancellationToken,
            Value.Of(place)))
            throw new EditRefusedException(EditProblem.UnknownPlace, Text($"There is no {what} {place}."));
        await ExecuteAsync(
            $"update public.{EntryTable.Of(kind).Rows} set {column} = $2 where id = any ($1) and {column} is distinct from $2",
            cancellationToken, Value.Array(ids), Value.Of(place));
    }

    async Task SetCostAsync(HistoryEdit.SetCost edit, CancellationToken cancellationToken)
    {
        int[] ids = [.. edit.Ids];
        var factor = edit.Mode switch
        {
            CostMode.Total => "1",
            CostMode.PerKwh => "greatest(charge_energy_added, charge_energy_used)",
            _ => "duration_min",
        };
        var unknown = await ReadAsync(
            $"select min(id) filter (where {factor} is null), max(abs($2 * {factor})) from public.charging_processes where id = any ($1)",
            reader => (Id: reader.Integer(0), Most: reader.Decimal(1)), cancellationToken, Value.Array(ids), Value.Of(edit.Value));
        if (unknown.Id is { } id)
        {
            var what = edit.Mode is CostMode.PerKwh ? "energy" : "duration";
            throw new EditRefusedException(EditProblem.NoFactor, Text($"The {what} of the charge {id} is not known."));
        }

        if (unknown.Most > MostMoney)
            throw new EditRefusedException(EditProblem.InvalidValue, "The amount is too large.");
        await ExecuteAsync(
            $"update public.charging_processes set cost = $2 * {factor} where id = any ($1)", cancellationToken, Value.Array(ids),
            Value.Of(edit.Value));
        await ExecuteAsync(
            """
            insert into teslamate.charge_costs (charging_process_id, source, amount, set_at)
            select id, 'user', cost, $2 from public.charging_processes where id = any ($1)
            on conflict (charging_process_id) do update
            set source = excluded.source, amount = excluded.amount, set_at = excluded.set_at
            where (charge_costs.source, charge_costs.amount) is distinct from (excluded.source, excluded.amount)
            """,
            cancellationToken, Value.Array(ids), Value.Of(now));
    }

    async Task SetTagsAsync(HistoryEdit.SetTags edit, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(edit.Kind);
        int[] ids = [.. edit.Ids];
        string[] tags = [.. edit.Tags];
        if (edit.Mode is not TagMode.Add)
        {
            var which = edit.Mode is TagMode.Remove ? "tag = any ($2)" : "tag <> all ($2)";
            await ExecuteAsync($"delete from {table.Tags} where {table.TagOwner} = any ($1) and {which}", cancellationToken,
                Value.Array(ids), Value.Array(tags));
        }

        if (edit.Mode is not TagMode.Remove)
        {
            await ExecuteAsync(
                $"""
                insert into {table.Tags} ({table.TagOwner}, tag)
                select id, tag from unnest($1) id cross join unnest($2) tag
                on conflict do nothing
                """,
                cancellationToken, Value.Array(ids), Value.Array(tags));
            var full = await ReadAsync(
                $"""
                select min(id)
                from (select {table.TagOwner} as id from {table.Tags} where {table.TagOwner} = any ($1) group by 1 having count(*) > $2) full_ones
                """,
                reader => reader.Integer(0), cancellationToken, Value.Array(ids), Value.Of(MostTags));
            if (full is { } id)
                throw new EditRefusedException(EditProblem.InvalidTags, Text($"The {table.Noun} {id} would have more than {MostTags} tags."));
        }
    }

    /// <summary>Gives the parts of rows to another row, or to none, and records which.</summary>
    async Task MoveAsync(EntryTable table, int[] from, int? to, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            $"""
            insert into teslamate.history_moves (change_id, kind, before, after, row_ids)
            select $1, '{table.Parts}', {table.Owner}, $3, array_agg(id order by id)
            from public.{table.Parts}
            where {table.Owner} = any ($2)
            group by {table.Owner}
            """,
            cancellationToken, Value.Of(change), Value.Array(from), Value.Of(to));
        await ExecuteAsync(
            $"update public.{table.Parts} set {table.Owner} = $2 where {table.Owner} = any ($1)", cancellationToken, Value.Array(from), Value.Of(to));
    }

    async Task SplitPointAsync(EntryTable table, int id, int at, CancellationToken cancellationToken)
    {
        var counts = await ReadAsync(
            $"""
            select
                count(*) filter (where (part.date, part.id) <= (border.date, border.id)),
                count(*) filter (where (part.date, part.id) >= (border.date, border.id))
            from public.{table.Parts} part
            join public.{table.Parts} border on border.id = $2 and border.{table.Owner} = $1
            where part.{table.Owner} = $1
            """,
            reader => (Before: reader.GetInt64(0), After: reader.GetInt64(1)), cancellationToken, Value.Of(id), Value.Of(at));
        if (counts.Before == 0)
            throw new EditRefusedException(EditProblem.NotFound, Text($"The {table.Noun} {id} has no {table.Part} {at}."));
        if (counts.Before < 2 || counts.After < 2)
            throw new EditRefusedException(EditProblem.TooFewRows, Text($"Both halves need two {table.Part}s; {at} is the first or the last."));
    }

    /// <summary>Gives what comes after a part to the second row, with a copy of the part before it; and tags and marks of the first.</summary>
    async Task DivideAsync(EntryTable table, string copyKind, string sequence, int id, int second, int at, CancellationToken cancellationToken)
    {
        var copy = await NumberAsync(sequence, at, cancellationToken);
        await ExecuteAsync(
            $"""
            insert into teslamate.history_moves (change_id, kind, before, after, row_ids)
            select $1, '{table.Parts}', $2, $3, array_agg(part.id order by part.id)
            from public.{table.Parts} part
            join public.{table.Parts} border on border.id = $4
            where part.{table.Owner} = $2 and (part.date, part.id) > (border.date, border.id)
            """,
            cancellationToken, Value.Of(change), Value.Of(id), Value.Of(second), Value.Of(at));
        await ExecuteAsync(
            $"""
            update public.{table.Parts} part
            set {table.Owner} = m.after
            from teslamate.history_moves m
            where m.change_id = $1 and part.id = any (m.row_ids)
            """,
            cancellationToken, Value.Of(change));
        await ExecuteAsync(
            $"""
            insert into public.{table.Parts}
            select copy.*
            from public.{table.Parts} border
            cross join lateral jsonb_populate_record(border, jsonb_build_object('id', $2::integer, '{table.Owner}', $3::integer)) copy
            where border.id = $1
            """,
            cancellationToken, Value.Of(at), Value.Of(copy), Value.Of(second));
        await ExecuteAsync(
            "insert into teslamate.history_rows (change_id, kind, row_id) values ($1, $2, $3), ($1, $4, $5)",
            cancellationToken, Value.Of(change), Value.Of(table.Rows), Value.Of(second), Value.Of(copyKind), Value.Of(copy));
        await RecordAsync(table == EntryTable.Drives ? "drive_tags" : "charging_process_tags", [second], cancellationToken);
        await UniteTagsAsync(table, second, [id], cancellationToken);
        await ExecuteAsync(
            """
            insert into teslamate.imported_entries (kind, entry_id, car_id, run_id)
            select kind, $3, car_id, run_id from teslamate.imported_entries where kind = $1 and entry_id = $2
            """,
            cancellationToken, Value.Of(table.Imported), Value.Of(id), Value.Of(second));
    }

    Task<int> UniteTagsAsync(EntryTable table, int with, int[] others, CancellationToken cancellationToken) => ExecuteAsync(
        $"""
        insert into {table.Tags} ({table.TagOwner}, tag)
        select distinct $1, tag from {table.Tags} where {table.TagOwner} = any ($2)
        on conflict do nothing
        """,
        cancellationToken, Value.Of(with), Value.Array(others));

    async Task CloseAsync(CarId car, int id, CancellationToken cancellationToken)
    {
        var close = DriveStatements.Close(car, new(id), DriveEnd.Ended, lookUpAddresses: true);
        if (await StatementAsync(close, cancellationToken) is Outcome.DriveDiscarded)
        {
            throw new EditRefusedException(
                EditProblem.TooShort, "What is left is no drive: one has two positions, a range among them, and ten metres.");
        }
    }

    async Task CompleteAsync(CarId car, int id, CancellationToken cancellationToken)
    {
        if (!await ScalarAsync<bool>("select count(*) >= 2 from public.charges where charging_process_id = $1", cancellationToken, Value.Of(id)))
            throw new EditRefusedException(EditProblem.TooFewRows, "A charge needs two readings.");
        await StatementAsync(ChargingStatements.CompleteOne(car, new(id), now), cancellationToken);
    }

    /// <summary>What was paid stays what was paid, whatever the fence says: parts add up to the whole.</summary>
    async Task KeepCostAsync(int id, decimal? cost, CancellationToken cancellationToken)
    {
        await ExecuteAsync("update public.charging_processes set cost = $2 where id = $1", cancellationToken, Value.Of(id), Value.Of(cost));
        await ExecuteAsync(
            "update teslamate.charge_costs set amount = $2 where charging_process_id = $1", cancellationToken, Value.Of(id), Value.Of(cost));
    }

    async Task<int> NumberAsync(string sequence, int of, CancellationToken cancellationToken)
        => isRehearsal ? -of : (int)await ScalarAsync<long>("select nextval($1::regclass)", cancellationToken, Value.Of(sequence));

    Task<int> RecordAsync(string kind, int[] ids, CancellationToken cancellationToken)
        => ExecuteAsync(RowImages.Before, cancellationToken, Value.Of(change), Value.Of(kind), Value.Array(ids));

    async Task<Outcome?> StatementAsync(Statement statement, CancellationToken cancellationToken)
    {
        var outcomes = await DatabaseWriter.RunAsync(connection, [statement], CommandTimeout, cancellationToken);
        _outcomes.AddRange(outcomes);
        return outcomes.FirstOrDefault();
    }

    Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        => connection.ExecuteAsync(sql, CommandTimeout, cancellationToken, parameters);

    Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        => connection.ScalarAsync<T>(sql, CommandTimeout, cancellationToken, parameters);

    async Task<T> ReadAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        => await connection.RowsAsync(sql, CommandTimeout, cancellationToken, parameters).Select(read).FirstAsync(cancellationToken);
}
