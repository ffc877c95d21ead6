using System.Text.Json;

namespace TeslaMate.Logbook.HistoryChanges;

/// <summary>
/// The table of changes, <c>teslamate.history_changes</c>, with the rows before and after: written and read in a transaction of the caller.
/// </summary>
static class ChangeRecords
{
    public const string Columns = "id, car_id, edit::text, author, changed_at, undone_at, undone_by";

    /// <summary>How long a key makes a repetition harmless.</summary>
    static readonly TimeSpan KeyKept = TimeSpan.FromHours(24);

    /// <summary>
    /// The number of a rehearsal of a geofence's change: below those of cars, and of one at a time, since who changes fences holds a lock.
    /// </summary>
    const long GeofenceRehearsal = short.MinValue - 1;

    /// <summary>Begins the record of a change.</summary>
    /// <param name="car">Null for one of a geofence.</param>
    /// <param name="isRehearsal">It will be taken back; it takes no number of the sequence, but one that no other can take at the same time.</param>
    public static async Task<long> InsertAsync(
        NpgsqlConnection connection, HistoryEdit edit, CarId? car, string author, string? key, bool isRehearsal, DateTimeOffset now,
        CancellationToken cancellationToken)
        => await connection.ScalarAsync<long>($"""
            insert into teslamate.history_changes ({(isRehearsal ? "id, " : "")}car_id, author, changed_at, edit, idempotency_key)
            {(isRehearsal ? "overriding system value" : "")}
            values ({(isRehearsal ? $"coalesce(-$1::bigint, {GeofenceRehearsal}), " : "")}$1, $2, $3, $4::jsonb, $5)
            returning id
            """, cancellationToken, Value.Of(car?.Value), Value.Of(author), Value.Of(now), Value.Of(Json(edit)), Value.Of(key));

    /// <summary>What an edit with this key came to before; null when there was none. Keys that are too old are forgotten.</summary>
    /// <exception cref="EditRefusedException">The key belongs to another edit.</exception>
    public static async Task<HistoryDetail?> RepeatedAsync(
        NpgsqlConnection connection, HistoryEdit edit, string author, string? key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (key is null)
            return null;
        await connection.ExecuteAsync(
            "update teslamate.history_changes set idempotency_key = null where idempotency_key is not null and changed_at <= $1", cancellationToken,
            Value.Of(now - KeyKept));
        long? id = null;
        await foreach (var row in connection.RowsAsync(
            "select id, edit = $3::jsonb from teslamate.history_changes where author = $1 and idempotency_key = $2", cancellationToken,
            Value.Of(author), Value.Of(key), Value.Of(Json(edit))))
        {
            if (!row.GetBoolean(1))
                throw new EditRefusedException(EditProblem.KeyReused, "This key belongs to another change.");
            id = row.GetInt64(0);
        }

        return id is { } known ? await DetailAsync(connection, known, "", cancellationToken) : null;
    }

    public static async Task<HistoryChange?> FindAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await foreach (var row in connection.RowsAsync(
            $"select {Columns} from teslamate.history_changes where id = $1", cancellationToken, Value.Of(id)))
            return Read(row);
        return null;
    }

    public static async Task<HistoryDetail?> DetailAsync(NpgsqlConnection connection, long id, string version, CancellationToken cancellationToken)
    {
        if (await FindAsync(connection, id, cancellationToken) is not { } change)
            return null;
        List<ChangedRow> rows = [];
        await foreach (var row in connection.RowsAsync("""
            select kind, row_id, before::text, after::text
            from teslamate.history_rows
            where change_id = $1 and before is distinct from after
            order by kind, row_id
            """, cancellationToken, Value.Of(id)))
            rows.Add(new(row.GetString(0), row.GetInt32(1), Element(row.Text(2)), Element(row.Text(3))));
        List<MovedRows> moves = [];
        await foreach (var row in connection.RowsAsync(
            "select kind, before, after, cardinality(row_ids) from teslamate.history_moves where change_id = $1 order by kind, before",
            cancellationToken, Value.Of(id)))
            moves.Add(new(row.GetString(0), row.Integer(1), row.Integer(2), row.GetInt32(3)));
        return new(change, version, rows, moves);
    }

    /// <summary>What the rows of a change were before, as one value.</summary>
    public static async Task<string> VersionAsync(NpgsqlConnection connection, long change, CancellationToken cancellationToken)
        => (await connection.ScalarAsync<string>(RowImages.Version, cancellationToken, Value.Of(change)))!;

    public static HistoryChange Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.IsDBNull(1) ? null : new CarId(reader.GetInt16(1)),
        JsonSerializer.Deserialize(reader.GetString(2), HistoryJson.Default.HistoryEdit)!,
        reader.GetString(3), reader.GetInstant(4), reader.GetInstantOrNull(5), reader.Text(6));

    static JsonElement? Element(string? json)
    {
        if (json is null)
            return null;
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    static string Json(HistoryEdit edit) => JsonSerializer.Serialize(edit, HistoryJson.Default.HistoryEdit);
}
