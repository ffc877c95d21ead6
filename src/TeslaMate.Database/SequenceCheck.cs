using System.Globalization;
using Npgsql;

namespace TeslaMate.Database;

/// <summary>
/// A sequence that is going to give a number that a row has already, because rows came by another way: a merged dump, <c>COPY</c>, logical
/// replication.
/// </summary>
/// <param name="Table">With its schema, quoted as needed.</param>
/// <param name="Column">Quoted as needed.</param>
/// <param name="Sequence">With its schema, quoted as needed.</param>
/// <param name="Next">The number it would give next.</param>
/// <param name="Largest">The largest number in the table.</param>
public sealed record LaggingSequence(string Table, string Column, string Sequence, long Next, long Largest)
{
    /// <summary>The statement that mends it.</summary>
    public string Repair => $"select setval('{Sequence.Replace("'", "''", StringComparison.Ordinal)}', (select max({Column}) from {Table}));";

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"sequence {Sequence} would give {Next}, but {Table}.{Column} has numbers up to {Largest}");
}

/// <summary>Finds and mends sequences that are behind their tables, in every table that this program inserts into.</summary>
public static class SequenceCheck
{
    const int MostAttempts = 4;

    // Owned sequences of defaults, and those of identity columns.
    const string Sequences = """
        select
            format('%I.%I', namespace.nspname, class.relname), quote_ident(attribute.attname), format('%I.%I', home.nspname, sequence.relname),
            pg_sequence.seqincrement,
            least(pg_sequence.seqmax,
                case attribute.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647 else 9223372036854775807 end)
        from (
            select dependency.refobjid as sequence, expression.adrelid as relation, expression.adnum as number
            from pg_catalog.pg_attrdef expression
            join pg_catalog.pg_depend dependency
                on dependency.classid = 'pg_catalog.pg_attrdef'::regclass and dependency.objid = expression.oid
                    and dependency.refclassid = 'pg_catalog.pg_class'::regclass
            union
            select objid, refobjid, refobjsubid
            from pg_catalog.pg_depend
            where classid = 'pg_catalog.pg_class'::regclass and refclassid = 'pg_catalog.pg_class'::regclass and deptype = 'i'
                and refobjsubid > 0) use
        join pg_catalog.pg_sequence on pg_sequence.seqrelid = use.sequence
        join pg_catalog.pg_class sequence on sequence.oid = use.sequence
        join pg_catalog.pg_namespace home on home.oid = sequence.relnamespace
        join pg_catalog.pg_class class on class.oid = use.relation and class.relkind in ('r', 'p')
        join pg_catalog.pg_namespace namespace on namespace.oid = class.relnamespace
        join pg_catalog.pg_attribute attribute on attribute.attrelid = use.relation and attribute.attnum = use.number
        where (namespace.nspname in ('teslamate', 'private') or (namespace.nspname = 'public' and class.relname = any ($1)))
            and attribute.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) and pg_sequence.seqincrement > 0
            and has_table_privilege(class.oid, 'select')
            -- Asked of nothing but sequences, in whatever order the server looks: of a table it is an error.
            and case when sequence.relkind = 'S' then has_sequence_privilege(sequence.oid, 'select') end
        order by 1, 2
        """;

    static readonly string[] PublicTables =
    [
        "addresses", "car_settings", "cars", "changelog", "charges", "charging_processes", "drives", "geofences", "import_file_checkpoints",
        "import_rejections",
        "import_runs", "positions", "settings", "states", "updates",
    ];

    /// <summary>Finds them; nothing is changed.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<IReadOnlyList<LaggingSequence>> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return [.. (await LookAsync(connection, cancellationToken)).Select(found => found.Sequence)];
    }

    /// <summary>Sets the sequences that are behind past the rows of their tables.</summary>
    /// <returns>Those that were.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached, or the role may not set the sequences.</exception>
    public static async Task<IReadOnlyList<LaggingSequence>> RepairAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var found = await LookAsync(connection, cancellationToken);
        foreach (var (sequence, limit) in found)
        {
            // A hand-written number at the very end of the range leaves no numbers above it: the widest gap below has some.
            var last = sequence.Largest <= limit - Room
                ? $"(select max({sequence.Column}) from {sequence.Table})"
                : $"""
                    (select number
                    from (
                        select number, lead(number) over (order by number) - number as gap
                        from (select {sequence.Column}::bigint as number from {sequence.Table} where {sequence.Column} > 0 union
                            select 1) numbers) gaps
                    order by gap desc nulls last
                    limit 1)
                    """;
            await using var command = new NpgsqlCommand($"select setval($1::text::regclass, {last})", connection);
            command.Parameters.Add(Value.Of(sequence.Sequence));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return [.. found.Select(pair => pair.Sequence)];
    }

    /// <inheritdoc cref="RepairAsync(NpgsqlConnection, CancellationToken)"/>
    public static async Task<IReadOnlyList<LaggingSequence>> RepairAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await RepairAsync(connection, cancellationToken);
    }

    /// <summary>Does something that inserts rows; when a number that a sequence gave is taken, mends the sequences and does it again.</summary>
    /// <param name="insert">Does all or nothing, and can be done again.</param>
    public static async Task<T> RepairAndRetryAsync<T>(NpgsqlDataSource database, Func<Task<T>> insert, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(insert);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await insert();
            }
            catch (PostgresException exception) when (MayBeSequence(exception) && attempt < MostAttempts)
            {
                if ((await RepairAsync(database, cancellationToken)).Count == 0)
                    throw;
            }
        }
    }

    /// <summary>Whether a failure can come from a sequence that is behind.</summary>
    public static bool MayBeSequence(PostgresException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.SqlState == PostgresErrorCodes.UniqueViolation;
    }

    const long Room = 1000;

    static async Task<List<(LaggingSequence Sequence, long Limit)>> LookAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<(string Table, string Column, string Sequence, long Step, long Limit)> all = [];
        await using (var command = new NpgsqlCommand(Sequences, connection))
        {
            command.Parameters.Add(Value.Array(PublicTables));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                all.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4)));
        }

        List<(LaggingSequence, long)> lagging = [];
        if (all.Count == 0)
            return lagging;
        // The names come quoted from the server. Near the end of the range only numbers that would be given soon count: those above may be out of
        // reach for good.
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (table, column, sequence, step, limit) in all)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(string.Create(CultureInfo.InvariantCulture, $"""
                select state.next, largest.number
                from (select case when is_called then last_value + {step} else last_value end as next from {sequence}) state
                cross join lateral (select max({column})::bigint as number from {table}) largest
                where largest.number >= state.next
                    and (largest.number <= {limit - Room} or exists (select from {table} where {column} >= state.next
                        and {column} < state.next::numeric + {Room}))
                """)));
        }

        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        foreach (var (table, column, sequence, _, limit) in all)
        {
            if (await rows.ReadAsync(cancellationToken))
                lagging.Add((new LaggingSequence(table, column, sequence, rows.GetInt64(0), rows.GetInt64(1)), limit));
            await rows.NextResultAsync(cancellationToken);
        }

        return lagging;
    }
}
