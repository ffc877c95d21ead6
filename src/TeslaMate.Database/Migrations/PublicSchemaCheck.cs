using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Whether others can make this program's role run their code: names are looked up in schema <c>public</c>, and a function or operator there wins over PostgreSQL's own
/// of the same name when its arguments fit better. Asked with a search path that they cannot reach.
/// </summary>
public static class PublicSchemaCheck
{
    /// <summary>Functions and operators of untrusted owners that stand in front of PostgreSQL's own, as errors with their remedies; empty when none.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<IReadOnlyList<PreflightError>> FindIntrudersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<PreflightError> intruders = [];
        await foreach (var row in RowsAsync(connection, """
            with things as (
                select 'function' as kind, p.oid::regprocedure::text as name, proowner as owner, p.oid, 'pg_proc'::regclass as class, proname as word from pg_proc p
                where pronamespace = to_regnamespace('public')
                union all
                select 'operator', o.oid::regoperator::text, oprowner, o.oid, 'pg_operator'::regclass, oprname from pg_operator o
                where oprnamespace = to_regnamespace('public')
            )
            select kind, name, pg_get_userbyid(owner)
            from things
            where owner <> current_user::regrole and not (select rolsuper from pg_roles where oid = owner)
              and owner <> (select datdba from pg_database where datname = current_database())
              and not exists (select from pg_depend where classid = class and objid = things.oid and deptype = 'e')
              and (exists (select from pg_proc where pronamespace = to_regnamespace('pg_catalog') and proname = word)
                   or exists (select from pg_operator where oprnamespace = to_regnamespace('pg_catalog') and oprname = word)
                   or exists (select from pg_depend join pg_proc on objid = pg_proc.oid where classid = 'pg_proc'::regclass and deptype = 'e' and proname = word))
            order by 2
            """, cancellationToken))
        {
            var (kind, name, owner) = (row.GetString(0), row.GetString(1), row.GetString(2));
            intruders.Add(new PreflightError(
                $"The {kind} {name} of the role {owner} stands in front of one of PostgreSQL's own: what this program asks the server would run it with this program's rights.",
                $"Drop it (drop {kind} {name};), and keep others from making such things: revoke create on schema public from public, \"{owner}\";"));
        }

        return intruders;
    }

    /// <summary>Roles other than the owners that may make things in schema public, as a warning; null when there is none.</summary>
    internal static async Task<string?> OthersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<string> others = [];
        await foreach (var row in RowsAsync(connection, """
            select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
            from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
            where nspname = 'public' and privilege_type = 'CREATE' and grantee not in (nspowner, current_user::regrole::oid)
              and not coalesce((select rolsuper from pg_roles where oid = grantee), false)
            order by 1
            """, cancellationToken))
            others.Add(row.GetString(0));
        return others.Count == 0 ? null
            : $"Others may make functions in schema public, which could then run with this program's rights. To end that: revoke create on schema public from {string.Join(", ", others)};";
    }

    static async IAsyncEnumerable<NpgsqlDataReader> RowsAsync(
        NpgsqlConnection connection, string sql, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // For this one statement; a transaction ends with what it set.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync("set local search_path = pg_catalog, pg_temp", cancellationToken);
        await foreach (var row in connection.RowsAsync(sql, cancellationToken))
            yield return row;
    }
}
