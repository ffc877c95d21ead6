using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Backups;

/// <summary>
/// What opens the pages is not the backup's to decide: password, tokens and keys of the running installation are carried over, and sessions end. A
/// backup must not bring back a password that was changed or a token that was revoked, nor open pages that have a password.
/// </summary>
static class AccessTables
{
    /// <summary>The password, which is one row.</summary>
    const string Password = "web_access";

    /// <summary>Tables of schema <c>teslamate</c> whose rows are those of the running installation.</summary>
    internal static readonly IReadOnlyList<string> CarriedOver = [Password, "web_keys", "api_tokens"];

    /// <summary>Tables of schema <c>teslamate</c> that are empty after a restore: who is logged in.</summary>
    internal static readonly IReadOnlyList<string> Emptied = ["web_sessions"];

    /// <param name="present">The database in use, which may not exist or be another program's.</param>
    /// <param name="restored">The new one, of this program's version.</param>
    /// <exception cref="RestoreException">The backup has something on these tables that could undo this.</exception>
    public static async Task CarryOverAsync(DatabaseSettings present, DatabaseSettings restored, CancellationToken cancellationToken)
    {
        await using var to = Source(restored);
        await EnsurePlainAsync(to, cancellationToken);
        foreach (var table in Emptied)
        {
            if (await HasAsync(to, table, cancellationToken))
            {
                await using var connection = await to.OpenConnectionAsync(cancellationToken);
                await connection.ExecuteAsync($"delete from teslamate.{table}", cancellationToken);
            }
        }

        await using var from = Source(present);
        foreach (var table in CarriedOver)
        {
            if (await RowsAsync(from, table, cancellationToken) is { } rows && await HasAsync(to, table, cancellationToken))
                await ReplaceAsync(to, table, rows, cancellationToken);
        }

        // The rows brought their numbers along.
        await SequenceCheck.RepairAsync(to, cancellationToken);
    }

    /// <summary>
    /// A backup could have a trigger put its own password into the row, a rule or a policy keep its sessions, or a table add to these. Nobody else
    /// has rights on them either.
    /// </summary>
    static async Task EnsurePlainAsync(NpgsqlDataSource restored, CancellationToken cancellationToken)
    {
        await using var connection = await restored.OpenConnectionAsync(cancellationToken);
        var tables = string.Join(',', CarriedOver.Concat(Emptied));
        if (await connection.ScalarAsync<string>("""
            with access as (
                select oid, relkind, relrowsecurity or relforcerowsecurity as has_policies
                from pg_class
                where relnamespace = to_regnamespace('teslamate') and relname = any (string_to_array($1, ',')))
            select thing
            from (
                select format('%s in place of the table %s', case relkind when 'v' then 'view' else 'relation' end, oid::regclass)
                from access
                where relkind <> 'r'
                union all
                select format('trigger %I on %s', tgname, tgrelid::regclass)
                from pg_trigger
                join access on access.oid = tgrelid where not tgisinternal
                union all
                select format('rule %I on %s', rulename, ev_class::regclass) from pg_rewrite join access on access.oid = ev_class where relkind = 'r'
                union all
                select format('policy on %s', oid::regclass) from access where has_policies
                union all
                select format('table %s beside %s', inhrelid::regclass, inhparent::regclass)
                from pg_inherits
                where inhparent in (select oid from access) or inhrelid in (select oid from access)
                union all
                select format('function %s of its own in %s', refobjid::regprocedure, access.oid::regclass)
                from pg_depend
                join access on access.oid = coalesce(
                    (select conrelid from pg_constraint where classid = 'pg_constraint'::regclass and pg_constraint.oid = objid),
                    (select adrelid from pg_attrdef where classid = 'pg_attrdef'::regclass and pg_attrdef.oid = objid),
                    (select indrelid from pg_index where classid = 'pg_class'::regclass and indexrelid = objid))
                where refclassid = 'pg_proc'::regclass
            ) as things (thing)
            order by thing
            limit 1
            """, cancellationToken, Value.Of(tables)) is { } thing)
            throw new RestoreException($"the backup has a {DumpStatement.Printable(thing)}, by which it would decide who may open the pages. Restore "
                + "it into a database of its own to look at it, and make a backup without that.");
        if (await connection.ScalarAsync<string>("""
            select string_agg(distinct
                format('revoke all on %s from %s cascade', access,
                    case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end), '; ')
            from (
                select oid::regclass, relowner, relacl, relname, relnamespace from pg_class
                union all
                select pg_class.oid::regclass, relowner, attacl, relname, relnamespace from pg_class join pg_attribute on attrelid = pg_class.oid
            ) as rights (access, owner, acl, name, namespace)
            cross join aclexplode(acl)
            where namespace = to_regnamespace('teslamate') and name = any (string_to_array($1, ',')) and grantee <> owner
            """, cancellationToken, Value.Of(tables)) is { } revokes)
            await connection.ExecuteAsync(revokes, cancellationToken);
    }

    static NpgsqlDataSource Source(DatabaseSettings settings) => settings.CreateDataSource(connection =>
    {
        connection.ApplicationName = "teslamate-restore";
        connection.Pooling = false;
    });

    static async Task ReplaceAsync(NpgsqlDataSource database, string table, string rows, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // A backup's password is better than none.
        var keptPassword = table != Password ? null : await connection.ScalarAsync<string>(
            "select jsonb_build_object('password', password, 'changed_at', changed_at)::text from teslamate.web_access where password is not null",
            cancellationToken);
        await connection.ExecuteAsync($"delete from teslamate.{table}", cancellationToken);
        await connection.ExecuteAsync($"insert into teslamate.{table} select * from jsonb_populate_recordset(null::teslamate.{table}, $1::jsonb)",
            cancellationToken, Value.Of(rows));
        if (keptPassword is not null)
        {
            await connection.ExecuteAsync("""
                with kept as (select * from jsonb_to_record($1::jsonb) as r (password text, changed_at timestamp))
                insert into teslamate.web_access (password, changed_at) select password, changed_at from kept
                on conflict (only_row) do update set password = excluded.password, changed_at = excluded.changed_at where web_access.password is null
                """, cancellationToken, Value.Of(keptPassword));
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>The rows of a table as JSON; null where there is no such table.</summary>
    static async Task<string?> RowsAsync(NpgsqlDataSource database, string table, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return await connection.ScalarAsync<string>($"select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text from teslamate.{table} t",
                cancellationToken);
        }
        catch (PostgresException exception)
            when (exception.SqlState is PostgresErrorCodes.InvalidCatalogName or PostgresErrorCodes.UndefinedTable
                or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }

    static async Task<bool> HasAsync(NpgsqlDataSource database, string table, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.ScalarAsync<bool>("select to_regclass('teslamate.' || $1) is not null", cancellationToken, Value.Of(table));
    }
}
