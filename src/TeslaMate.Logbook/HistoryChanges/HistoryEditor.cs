using System.Text.Json;
using NpgsqlTypes;
using TeslaMate.Logbook.Addresses;
using TeslaMate.Logbook.Statistics;
using static TeslaMate.Logbook.HistoryChanges.EditRules;

namespace TeslaMate.Logbook.HistoryChanges;

sealed partial class HistoryEditor(
    NpgsqlDataSource database, StatisticsUpkeep statistics, AddressQueue addresses, TimeProvider time, ILogger<HistoryEditor> logger) : IHistoryEditor
{
    /// <summary>How long a key makes a repetition harmless.</summary>
    static readonly TimeSpan KeyKept = TimeSpan.FromHours(24);

    const string ChangeColumns = "id, car_id, edit::text, author, changed_at, undone_at, undone_by";

    public Task<EditAnswer> PreviewAsync(HistoryEdit edit, CancellationToken cancellationToken)
        => AnswerAsync(() => ChangeAsync(edit, "", isRehearsal: true, version: null, key: null, cancellationToken), cancellationToken);

    public async Task<EditAnswer> ApplyAsync(HistoryEdit edit, string author, string? version, string? key, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(() => ChangeAsync(edit, author, isRehearsal: false, version, key, cancellationToken), cancellationToken);
        if (answer is EditAnswer.Done { IsRepeated: false, Detail.Change: var change })
        {
            Log.Changed(logger, change.Car.Value, change.Id, change.Edit, author);
            Follow(edit);
        }

        return answer;
    }

    public async Task<EditAnswer?> RepeatedAsync(HistoryEdit edit, string author, string key, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return await RepeatedAsync(connection, Check(edit), author, key, cancellationToken) is { } before
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
        if (answer is EditAnswer.Done { Detail.Change: var undone })
        {
            Log.Undone(logger, undone.Car.Value, undone.Id, author);
            Follow(undone.Edit);
        }

        return answer;
    }

    public async Task<IReadOnlyList<HistoryChange>> ListAsync(
        IReadOnlyList<CarId>? cars, long? before, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            select {ChangeColumns}
            from teslamate.history_changes
            where ($1 is null or car_id = any ($1)) and ($2 is null or id < $2) and changed_at > $4
            order by id desc
            limit $3
            """);
        command.Parameters.Add(new()
        {
            Value = cars?.Select(car => car.Value).ToArray() ?? (object)DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint,
        });
        command.Parameters.Add(new() { Value = before ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(Value.Of(limit));
        command.Parameters.Add(Value.Of(time.GetUtcNow() - HistoryChange.Kept));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<HistoryChange> changes = [];
        while (await reader.ReadAsync(cancellationToken))
            changes.Add(Read(reader));
        return changes;
    }

    public async Task<HistoryDetail?> FindAsync(long change, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await DetailAsync(connection, change, "", cancellationToken);
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
    void Follow(HistoryEdit edit)
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
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
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
        HistoryEdit wanted, string author, bool isRehearsal, string? version, string? key, CancellationToken cancellationToken)
    {
        var edit = Check(wanted);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Behind the lock, which waits for one that runs at the same time; where there was nothing to lock, that one has ended and taken the rows
        // away.
        var locked = await LockAsync(connection, edit, cancellationToken);
        if (await RepeatedAsync(connection, edit, author, key, cancellationToken) is { } before)
            return new EditAnswer.Done(before, IsRepeated: true);
        if (locked is not { } car)
            throw new EditRefusedException(EditProblem.NotFound, Text($"There is no {EntryTable.Of(edit.Kind).Noun} {edit.Ids[0]}."));
        var rows = await RowsAsync(connection, edit, cancellationToken);
        CheckRows(edit, rows);
        if (edit is HistoryEdit.Merge)
            await CheckGapsAsync(connection, edit, car, rows, cancellationToken);
        var id = await InsertAsync(connection, edit, car, author, key, isRehearsal, cancellationToken);
        var work = new EditTransaction(connection, id, isRehearsal, time.GetUtcNow());
        await work.RecordAsync(edit, car, cancellationToken);
        var found = await work.VersionAsync(cancellationToken);
        if (version is not null && version != found)
            throw new EditRefusedException(EditProblem.Stale, "The rows have changed since the preview.");
        await work.RunAsync(edit, car, rows, cancellationToken);
        await work.FinishAsync(edit, cancellationToken);
        var detail = (await DetailAsync(connection, id, found, cancellationToken))!;
        if (!isRehearsal)
            await transaction.CommitAsync(cancellationToken);
        return new EditAnswer.Done(detail);
    }

    async Task<EditAnswer> TakeBackAsync(long id, string author, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await FindChangeAsync(connection, id, cancellationToken) is not { } change || time.GetUtcNow() - change.At >= HistoryChange.Kept)
        {
            throw new EditRefusedException(
                EditProblem.NotFound, Text($"There is no change {id}, or it is older than {HistoryChange.Kept.TotalDays} days."));
        }

        await LockCarAsync(connection, change.Car, cancellationToken);
        // Behind the lock: somebody else may just have undone it.
        change = (await FindChangeAsync(connection, id, cancellationToken))!;
        if (change.UndoneAt is not null)
            throw new EditRefusedException(EditProblem.AlreadyUndone, Text($"The change {id} is undone already."));
        await using (var later = new NpgsqlCommand(RowImages.Later, connection) { Parameters = { Value.Of(id) } })
        {
            if (await later.ExecuteScalarAsync(cancellationToken) is long newer)
            {
                throw new EditRefusedException(
                    EditProblem.LaterChange, Text($"The change {newer} came later and is of the same rows: undo that one first."));
            }
        }

        await LockRowsAsync(connection, id, cancellationToken);
        await CheckUntouchedAsync(connection, id, cancellationToken);
        var work = new EditTransaction(connection, id, isRehearsal: false, time.GetUtcNow());
        await work.UndoAsync(change.Edit, change.Car, cancellationToken);
        await using (var mark = new NpgsqlCommand("update teslamate.history_changes set undone_at = $2, undone_by = $3 where id = $1", connection))
        {
            mark.Parameters.Add(Value.Of(id));
            mark.Parameters.Add(Value.Of(time.GetUtcNow()));
            mark.Parameters.Add(Value.Of(author));
            await mark.ExecuteNonQueryAsync(cancellationToken);
        }

        var detail = (await DetailAsync(connection, id, "", cancellationToken))!;
        await transaction.CommitAsync(cancellationToken);
        return new EditAnswer.Done(detail);
    }

    /// <summary>The car whose rows they are, locked; null when there is none of them.</summary>
    static async Task<CarId?> LockAsync(NpgsqlConnection connection, HistoryEdit edit, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(edit.Kind);
        await using var command = new NpgsqlCommand($"select car_id from public.{table.Rows} where id = any ($1) order by id limit 1", connection);
        command.Parameters.Add(Value.Array<int>([.. edit.Ids]));
        if (await command.ExecuteScalarAsync(cancellationToken) is not short car)
            return null;
        await LockCarAsync(connection, new(car), cancellationToken);
        return new CarId(car);
    }

    /// <summary>One editor of a car at a time, and never beside a batch of its logger, which takes the same row first.</summary>
    static async Task LockCarAsync(NpgsqlConnection connection, CarId car, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new("set local lock_timeout = '10s'"),
                new("select from teslamate.car_logs where car_id = $1 for update") { Parameters = { Value.Of(car.Value) } },
                new("select from public.cars where id = $1 for no key update") { Parameters = { Value.Of(car.Value) } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    static async Task<List<EditedRow>> RowsAsync(NpgsqlConnection connection, HistoryEdit edit, CancellationToken cancellationToken)
    {
        var table = EntryTable.Of(edit.Kind);
        var odometer = "(select odometer from public.positions where id = e.position_id)";
        var (start, end) = edit.Kind is EntryKind.Drive ? ("e.start_km", "e.end_km") : (odometer, odometer);
        await using var command = new NpgsqlCommand($"""
            with locked as (select * from public.{table.Rows} where id = any ($1) order by id for update)
            select
                e.id, e.car_id, e.start_date, coalesce(e.end_date, e.start_date), {start}, {end},
                e.end_date is null or exists (select from teslamate.car_logs log where log.car_id = e.car_id and log.{table.Open} = e.id)
            from locked e
            order by e.start_date, e.id
            """, connection);
        command.Parameters.Add(Value.Array<int>([.. edit.Ids]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<EditedRow> rows = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(new(
                reader.GetInt32(0), reader.GetInt16(1), reader.GetInstant(2), reader.GetInstant(3), reader.Double(4), reader.Double(5),
                reader.GetBoolean(6)));
        }

        return rows;
    }

    /// <summary>What lies between would afterwards lie inside.</summary>
    static async Task CheckGapsAsync(
        NpgsqlConnection connection, HistoryEdit edit, CarId car, IReadOnlyList<EditedRow> rows, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
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
            """, connection);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Moments(rows.SkipLast(1).Select(row => row.End)));
        command.Parameters.Add(Moments(rows.Skip(1).Select(row => row.Start)));
        command.Parameters.Add(Value.Of(edit.Kind is EntryKind.Drive));
        command.Parameters.Add(Value.Array<int>([.. edit.Ids]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken))
            throw new EditRefusedException(EditProblem.NotConsecutive, Text($"The {reader.GetString(0)} {reader.GetInt32(1)} lies between them."));

        static NpgsqlParameter Moments(IEnumerable<DateTimeOffset> moments)
            => new() { Value = moments.Select(Timestamps.ToColumn).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Timestamp };
    }

    async Task<HistoryDetail?> RepeatedAsync(
        NpgsqlConnection connection, HistoryEdit edit, string author, string? key, CancellationToken cancellationToken)
    {
        if (key is null)
            return null;
        await using (var forget = new NpgsqlCommand(
            "update teslamate.history_changes set idempotency_key = null where idempotency_key is not null and changed_at <= $1", connection))
        {
            forget.Parameters.Add(Value.Of(time.GetUtcNow() - KeyKept));
            await forget.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var command = new NpgsqlCommand(
            "select id, edit = $3::jsonb from teslamate.history_changes where author = $1 and idempotency_key = $2", connection);
        command.Parameters.Add(Value.Of(author));
        command.Parameters.Add(Value.Of(key));
        command.Parameters.Add(Value.Of(Json(edit)));
        long id;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
                return null;
            if (!reader.GetBoolean(1))
                throw new EditRefusedException(EditProblem.KeyReused, "This key belongs to another change.");
            id = reader.GetInt64(0);
        }

        return await DetailAsync(connection, id, "", cancellationToken);
    }

    async Task<long> InsertAsync(
        NpgsqlConnection connection, HistoryEdit edit, CarId car, string author, string? key, bool isRehearsal, CancellationToken cancellationToken)
    {
        // A rehearsal takes no number of the sequence, and one of a car that no other can take at the same time.
        await using var command = new NpgsqlCommand($"""
            insert into teslamate.history_changes ({(isRehearsal ? "id, " : "")}car_id, author, changed_at, edit, idempotency_key)
            {(isRehearsal ? "overriding system value" : "")}
            values ({(isRehearsal ? "-$1::bigint, " : "")}$1, $2, $3, $4::jsonb, $5)
            returning id
            """, connection);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(author));
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        command.Parameters.Add(Value.Of(Json(edit)));
        command.Parameters.Add(Value.Of(key));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    static async Task LockRowsAsync(NpgsqlConnection connection, long change, CancellationToken cancellationToken)
    {
        foreach (var table in (string[])[EntryTable.Drives.Rows, EntryTable.Charges.Rows])
        {
            await using var command = new NpgsqlCommand($"""
                select
                from public.{table}
                where id in (select row_id from teslamate.history_rows where change_id = $1 and kind = '{table}')
                order by id
                for update
                """, connection);
            command.Parameters.Add(Value.Of(change));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    static async Task CheckUntouchedAsync(NpgsqlConnection connection, long change, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(RowImages.Touched, connection);
        command.Parameters.Add(Value.Of(change));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> touched = [];
        while (await reader.ReadAsync(cancellationToken))
            touched.Add(Text($"{reader.GetString(0)} {reader.GetInt32(1)}"));
        if (touched.Count > 0)
            throw new EditRefusedException(EditProblem.Touched, $"Something else changed since: {string.Join(", ", touched)}.");
    }

    static async Task<HistoryChange?> FindChangeAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select {ChangeColumns} from teslamate.history_changes where id = $1", connection);
        command.Parameters.Add(Value.Of(id));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    static async Task<HistoryDetail?> DetailAsync(NpgsqlConnection connection, long id, string version, CancellationToken cancellationToken)
    {
        if (await FindChangeAsync(connection, id, cancellationToken) is not { } change)
            return null;
        List<ChangedRow> rows = [];
        await using (var command = new NpgsqlCommand(
            "select kind, row_id, before::text, after::text from teslamate.history_rows where change_id = $1 order by kind, row_id", connection))
        {
            command.Parameters.Add(Value.Of(id));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                rows.Add(new(reader.GetString(0), reader.GetInt32(1), Element(reader.Text(2)), Element(reader.Text(3))));
        }

        List<MovedRows> moves = [];
        await using (var command = new NpgsqlCommand(
            "select kind, before, after, cardinality(row_ids) from teslamate.history_moves where change_id = $1 order by kind, before", connection))
        {
            command.Parameters.Add(Value.Of(id));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                moves.Add(new(reader.GetString(0), reader.Integer(1), reader.Integer(2), reader.GetInt32(3)));
        }

        return new(change, version, rows, moves);
    }

    static JsonElement? Element(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    static HistoryChange Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), new(reader.GetInt16(1)), JsonSerializer.Deserialize(reader.GetString(2), HistoryJson.Default.HistoryEdit)!,
        reader.GetString(3), reader.GetInstant(4), reader.GetInstantOrNull(5), reader.Text(6));

    static string Json(HistoryEdit edit) => JsonSerializer.Serialize(edit, HistoryJson.Default.HistoryEdit);

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: history change {ChangeId} by {Author}: {Edit}")]
        public static partial void Changed(ILogger logger, short carId, long changeId, HistoryEdit edit, string author);

        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: history change {ChangeId} is undone by {Author}")]
        public static partial void Undone(ILogger logger, short carId, long changeId, string author);
    }
}
