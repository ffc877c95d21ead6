using Npgsql;

namespace TeslaMate.Backups;

/// <summary>
/// Takes sequences past the rows of their tables: a backup merged by hand may have left them behind, and the next entry would take an id that is
/// taken.
/// </summary>
static class SequenceRepair
{
    /// <returns>The sequences that were behind.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        var behind = new List<string>();
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var (sequence, table, column) in await OwnedAsync(connection, cancellationToken))
        {
            await using var command = new NpgsqlCommand($"""
                select setval($1::text::regclass, newest.id) is not null
                from (select max({column})::bigint as id from {table}) newest, {sequence} counter
                where newest.id > counter.last_value or (newest.id = counter.last_value and not counter.is_called)
                """, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = sequence } }, CommandTimeout = 0 };
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
                behind.Add(sequence);
        }

        return behind;
    }

    static async Task<List<(string Sequence, string Table, string Column)>> OwnedAsync(NpgsqlConnection connection,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select format('%I.%I', sn.nspname, s.relname), format('%I.%I', tn.nspname, t.relname), format('%I', a.attname)
            from pg_class s
            join pg_namespace sn on sn.oid = s.relnamespace
            join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid
                and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
            join pg_class t on t.oid = d.refobjid and t.relkind in ('r', 'p')
            join pg_namespace tn on tn.oid = t.relnamespace
            join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
            where s.relkind = 'S' and sn.nspname in ('public', 'private', 'teslamate')
            """, connection);
        var owned = new List<(string, string, string)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            owned.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        return owned;
    }
}
