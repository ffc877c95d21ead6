using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Statistics;
using TeslaMate.Logbook.Writing;
using static TeslaMate.Logbook.HistoryChanges.EditRules;

namespace TeslaMate.Logbook.HistoryChanges;

sealed partial class HistoryEditor(
    NpgsqlDataSource database, StatisticsUpkeep statistics, AddressQueue addresses, GeofenceBook geofences, TimeProvider time,
    ILogger<HistoryEditor> logger) : IHistoryEditor
{
    public Task<EditAnswer> PreviewAsync(HistoryEdit.OfEntries edit, CancellationToken cancellationToken)
        => AnswerAsync(() => ChangeAsync(edit, "", isRehearsal: true, version: null, key: null, cancellationToken), cancellationToken);

    public async Task<EditAnswer> ApplyAsync(
        HistoryEdit.OfEntries edit, string author, string? version, string? key, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(() => ChangeAsync(edit, author, isRehearsal: false, version, key, cancellationToken), cancellationToken);
        if (answer is EditAnswer.Done { IsRepeated: false, Detail.Change: { Car: { } car } change })
        {
            Log.Changed(logger, car.Value, change.Id, change.Edit, author);
            Follow(edit);
        }

        return answer;
    }

    public async Task<EditAnswer?> RepeatedAsync(HistoryEdit.OfEntries edit, string author, string key, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return await ChangeRecords.RepeatedAsync(connection, Check(edit), author, key, time.GetUtcNow(), cancellationToken) is { } before
                ? new EditAnswer.Done(before, IsRepeated: true) : null;
        }
        catch (EditRefusedException refused)
        {
            return refused.Answer;
        }
    }

    public async Task<EditAnswer> UndoAsync(long change, string author, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(() => TakeBackAsync(change, author, cancellationToken), cancellationToken);
        switch (answer)
        {
            case EditAnswer.Done { Detail.Change: { Car: { } car, Edit: HistoryEdit.OfEntries edit } undone }:
                Log.Undone(logger, car.Value, undone.Id, author);
                Follow(edit);
                break;
            case EditAnswer.Done { Detail.Change: var undone }:
                Log.GeofenceUndone(logger, undone.Id, author);
                await geofences.RefreshAsync(cancellationToken);
                break;
        }

        return answer;
    }

    public async Task<IReadOnlyList<HistoryChange>> ListAsync(
        IReadOnlyList<CarId>? cars, long? before, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            select {ChangeRecords.Columns}
            from teslamate.history_changes
            where ($1 is null or car_id = any ($1)) and ($2 is null or id < $2) and changed_at > $4
            order by id desc
            limit $3
            """);
        command.Parameters.Add(Value.Array(cars?.Select(car => car.Value).ToArray()));
        command.Parameters.Add(Value.Of(before));
        command.Parameters.Add(Value.Of(limit));
        command.Parameters.Add(Value.Of(time.GetUtcNow() - HistoryChange.Kept));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<HistoryChange> changes = [];
        while (await reader.ReadAsync(cancellationToken))
            changes.Add(ChangeRecords.Read(reader));
        return changes;
    }

    public async Task<HistoryDetail?> FindAsync(long change, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await ChangeRecords.DetailAsync(connection, change, "", cancellationToken);
    }

    public async Task<IReadOnlyList<HistoryEntry>> EntriesAsync(EntryKind kind, IReadOnlyList<int> ids, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            $"select id, car_id, start_date, end_date from public.{EntryTable.Of(kind).Rows} where id = any ($1) order by start_date, id");
        command.Parameters.Add(Value.Array<int>([.. ids]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<HistoryEntry> entries = [];
        while (await reader.ReadAsync(cancellationToken))
            entries.Add(new(reader.GetInt32(0), new(reader.GetInt16(1)), reader.GetInstant(2), reader.GetInstantOrNull(3)));
        return entries;
    }

    public async Task<int?> RowAtAsync(EntryKind kind, int id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(kind);
        await using var command = database.CreateCommand(
            $"select id from public.{table.Parts} where {table.Owner} = $1 and date >= $2 order by date, id limit 1");
        command.Parameters.Add(Value.Of(id));
        command.Parameters.Add(Value.Of(at));
        return await command.ExecuteScalarAsync(cancellationToken) as int?;
    }

    public async Task<IReadOnlyDictionary<int, IReadOnlyList<string>>> TagsAsync(
        EntryKind kind, IReadOnlyList<int> ids, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(kind);
        await using var command = database.CreateCommand(
            $"select {table.TagOwner}, array_agg(tag order by tag) from {table.Tags} where {table.TagOwner} = any ($1) group by 1");
        command.Parameters.Add(Value.Array<int>([.. ids]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Dictionary<int, IReadOnlyList<string>> tags = [];
        while (await reader.ReadAsync(cancellationToken))
            tags[reader.GetInt32(0)] = reader.GetFieldValue<string[]>(1);
        return tags;
    }

    /// <summary>Forgets changes that are too old to be undone.</summary>
    public async Task<int> ForgetOldAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("delete from teslamate.history_changes where changed_at <= $1");
        command.Parameters.Add(Value.Of(time.GetUtcNow() - HistoryChange.Kept));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Nothing waits for what comes after: measures compute what is not kept, addresses are looked for every hour.</summary>
    void Follow(HistoryEdit.OfEntries edit)
    {
        statistics.Closed();
        foreach (var id in edit is HistoryEdit.Split or HistoryEdit.Trim or HistoryEdit.SetAddress { Address: null } ? edit.Ids : [])
        {
            if (edit.Kind is EntryKind.Drive)
                addresses.Add(new DriveId(id));
            else
                addresses.Add(new ChargingProcessId(id));
        }
    }

    /// <summary>Turns what ends a transaction into an answer.</summary>
    async Task<EditAnswer> AnswerAsync(Func<Task<EditAnswer>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await SequenceCheck.RepairAndRetryAsync(database, run, cancellationToken);
        }
        catch (EditRefusedException refused)
        {
            return refused.Answer;
        }
        catch (PostgresException exception) when (IsBusy(exception))
        {
            return new EditAnswer.Refused(EditProblem.Busy, "These rows are being written by somebody else. Try again.");
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.NotNullViolation)
        {
            return new EditAnswer.Refused(
                EditProblem.Touched, $"Something that the rows refer to is gone ({exception.ConstraintName ?? exception.ColumnName}).");
        }
    }

    async Task<EditAnswer> ChangeAsync(
        HistoryEdit.OfEntries wanted, string author, bool isRehearsal, string? version, string? key, CancellationToken cancellationToken)
    {
        var edit = Check(wanted);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Behind the lock, which waits for one that runs at the same time; where there was nothing to lock, that one has ended and taken the rows
        // away.
        var locked = await LockAsync(connection, edit, cancellationToken);
        if (await ChangeRecords.RepeatedAsync(connection, edit, author, key, time.GetUtcNow(), cancellationToken) is { } before)
            return new EditAnswer.Done(before, IsRepeated: true);
        if (locked is not { } car)
            throw new EditRefusedException(EditProblem.NotFound, Text($"There is no {EntryTable.Of(edit.Kind).Noun} {edit.Ids[0]}."));
        var rows = await RowsAsync(connection, edit, cancellationToken);
        CheckRows(edit, rows);
        if (edit is HistoryEdit.Merge)
            await CheckGapsAsync(connection, edit, car, rows, cancellationToken);
        var now = time.GetUtcNow();
        var id = await ChangeRecords.InsertAsync(connection, edit, car, author, key, isRehearsal, now, cancellationToken);
        var work = new EditTransaction(connection, id, isRehearsal, now);
        await work.RecordAsync(edit, car, cancellationToken);
        var found = await ChangeRecords.VersionAsync(connection, id, cancellationToken);
        if (version is not null && version != found)
            throw new EditRefusedException(EditProblem.Stale, "The rows have changed since the preview.");
        await work.RunAsync(edit, car, rows, cancellationToken);
        await work.FinishAsync(edit, cancellationToken);
        var detail = (await ChangeRecords.DetailAsync(connection, id, found, cancellationToken))!;
        if (!isRehearsal)
            await transaction.CommitAsync(cancellationToken);
        return new EditAnswer.Done(detail);
    }

    async Task<EditAnswer> TakeBackAsync(long id, string author, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ChangeRecords.FindAsync(connection, id, cancellationToken) is not { } change || time.GetUtcNow() - change.At >= HistoryChange.Kept)
        {
            throw new EditRefusedException(
                EditProblem.NotFound, Text($"There is no change {id}, or it is older than {HistoryChange.Kept.TotalDays} days."));
        }

        await LockAsync(connection, change, cancellationToken);
        // Behind the lock: somebody else may just have undone it.
        change = (await ChangeRecords.FindAsync(connection, id, cancellationToken))!;
        if (change.UndoneAt is not null)
            throw new EditRefusedException(EditProblem.AlreadyUndone, Text($"The change {id} is undone already."));
        if (await connection.ScalarAsync<long?>(RowImages.Later, cancellationToken, Value.Of(id)) is { } newer)
        {
            throw new EditRefusedException(
                EditProblem.LaterChange, Text($"The change {newer} came later and is of the same rows: undo that one first."));
        }

        await LockRowsAsync(connection, id, cancellationToken);
        await CheckUntouchedAsync(connection, id, cancellationToken);
        if (change is { Edit: HistoryEdit.OfEntries edit, Car: { } car })
            await new EditTransaction(connection, id, isRehearsal: false, time.GetUtcNow()).UndoAsync(edit, car, cancellationToken);
        else
            await new GeofenceTransaction(connection, id).UndoAsync(cancellationToken);
        await connection.ExecuteAsync("update teslamate.history_changes set undone_at = $2, undone_by = $3 where id = $1", cancellationToken,
            Value.Of(id), Value.Of(time.GetUtcNow()), Value.Of(author));
        var detail = (await ChangeRecords.DetailAsync(connection, id, "", cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return new EditAnswer.Done(detail);
    }

    /// <summary>The car whose rows they are, locked; null when there is none of them.</summary>
    static async Task<CarId?> LockAsync(NpgsqlConnection connection, HistoryEdit.OfEntries edit, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(edit.Kind);
        if (await connection.ScalarAsync<short?>($"select car_id from public.{table.Rows} where id = any ($1) order by id limit 1", cancellationToken,
            Value.Array<int>([.. edit.Ids])) is not { } car)
            return null;
        await LockCarAsync(connection, new(car), cancellationToken);
        return new CarId(car);
    }

    /// <summary>Who makes the same kind of change waits.</summary>
    static async Task LockAsync(NpgsqlConnection connection, HistoryChange change, CancellationToken cancellationToken)
    {
        if (change.Car is { } car)
        {
            await LockCarAsync(connection, car, cancellationToken);
            return;
        }

        await DatabaseWriter.RunAsync(connection, GeofenceStatements.Lock(), GeofenceTransaction.CommandTimeout, cancellationToken);
    }

    /// <summary>One editor of a car at a time, and never beside a batch of its logger, which takes the same row first.</summary>
    static async Task LockCarAsync(NpgsqlConnection connection, CarId car, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Patience),
                new("select from teslamate.car_logs where car_id = $1 for update") { Parameters = { Value.Of(car.Value) } },
                new("select from public.cars where id = $1 for no key update") { Parameters = { Value.Of(car.Value) } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    static async Task<List<EditedRow>> RowsAsync(NpgsqlConnection connection, HistoryEdit.OfEntries edit, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(edit.Kind);
        var odometer = "(select odometer from public.positions where id = e.position_id)";
        var (start, end) = edit.Kind is EntryKind.Drive ? ("e.start_km", "e.end_km") : (odometer, odometer);
        List<EditedRow> rows = [];
        await foreach (var row in connection.RowsAsync($"""
            with locked as (select * from public.{table.Rows} where id = any ($1) order by id for update)
            select
                e.id, e.car_id, e.start_date, coalesce(e.end_date, e.start_date), {start}, {end},
                e.end_date is null or exists (select from teslamate.car_logs log where log.car_id = e.car_id and log.{table.Open} = e.id)
            from locked e
            order by e.start_date, e.id
            """, cancellationToken, Value.Array<int>([.. edit.Ids])))
        {
            rows.Add(new(
                row.GetInt32(0), row.GetInt16(1), row.GetInstant(2), row.GetInstant(3), row.Double(4), row.Double(5), row.GetBoolean(6)));
        }

        return rows;
    }

    /// <summary>What lies between would afterwards lie inside.</summary>
    static async Task CheckGapsAsync(
        NpgsqlConnection connection, HistoryEdit.OfEntries edit, CarId car, IReadOnlyList<EditedRow> rows, CancellationToken cancellationToken)
    {
        await foreach (var row in connection.RowsAsync("""
            select between.noun, between.id
            from unnest($2::timestamp[], $3::timestamp[]) gap (since, until)
            cross join lateral (
                select 'drive' as noun, id
                from public.drives
                where car_id = $1 and start_date < gap.until and coalesce(end_date, start_date) > gap.since and not ($4 and id = any ($5))
                union all
                select 'charge', id
                from public.charging_processes
                where car_id = $1 and start_date < gap.until and coalesce(end_date, start_date) > gap.since and ($4 or id <> all ($5))) between
            limit 1
            """, cancellationToken, Value.Of(car.Value), Value.Array(rows.SkipLast(1).Select(entry => entry.End)),
            Value.Array(rows.Skip(1).Select(entry => entry.Start)), Value.Of(edit.Kind is EntryKind.Drive), Value.Array<int>([.. edit.Ids])))
            throw new EditRefusedException(EditProblem.NotConsecutive, Text($"The {row.GetString(0)} {row.GetInt32(1)} lies between them."));
    }

    static async Task LockRowsAsync(NpgsqlConnection connection, long change, CancellationToken cancellationToken)
    {
        // Of a geofence as when it is saved: the logger, which says where something was, has to get past.
        foreach (var (table, kinds, strength) in ((string, string, string)[])[
            ("geofences", "'geofences'", "no key update"), (EntryTable.Drives.Rows, "'drives', 'drive_geofences'", "update"),
            (EntryTable.Charges.Rows, "'charging_processes', 'charging_process_geofences', 'charging_process_costs'", "update")])
        {
            await connection.ExecuteAsync($"""
                select
                from public.{table}
                where id in (select row_id from teslamate.history_rows where change_id = $1 and kind in ({kinds}))
                order by id
                for {strength}
                """, cancellationToken, Value.Of(change));
        }
    }

    static async Task CheckUntouchedAsync(NpgsqlConnection connection, long change, CancellationToken cancellationToken)
    {
        List<string> touched = [];
        await foreach (var row in connection.RowsAsync(RowImages.Touched, cancellationToken, Value.Of(change)))
            touched.Add(Text($"{row.GetString(0)} {row.GetInt32(1)}"));
        if (touched.Count > 0)
            throw new EditRefusedException(EditProblem.Touched, $"Something else changed since: {string.Join(", ", touched)}.");
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: history change {ChangeId} by {Author}: {Edit}")]
        public static partial void Changed(ILogger logger, short carId, long changeId, HistoryEdit edit, string author);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: history change {ChangeId} is undone by {Author}")]
        public static partial void Undone(ILogger logger, short carId, long changeId, string author);

        [LoggerMessage(Level = LogLevel.Information, Message = "History change {ChangeId} of a geofence is undone by {Author}")]
        public static partial void GeofenceUndone(ILogger logger, long changeId, string author);
    }
}
