using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Whether others can make this program's role run their code. The scripts of migrations look names up in schema <c>public</c>, where a function
/// or operator wins over PostgreSQL's own of the same name when its arguments fit better; everything else looks in <c>pg_catalog</c> alone, as
/// these questions do.
/// </summary>
public static class PublicSchemaCheck
{
    const string Intruders = """
        with things as (
            select 'function' as kind, p.oid::regprocedure::text as name, proowner as owner, p.oid, 'pg_proc'::regclass as class, proname as word
            from pg_proc p
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
               or exists (
                   select from pg_depend join pg_proc on objid = pg_proc.oid
                   where classid = 'pg_proc'::regclass and deptype = 'e' and proname = word))
        """;

    /// <summary>SQLSTATE of <see cref="GuardSql"/>.</summary>
    internal const string Intrusion = "TM102";

    /// <summary>A statement that fails where such a thing has come since the last look.</summary>
    internal const string GuardSql = $"""
        do $guard$ declare intruder record; begin
            for intruder in {Intruders} loop
                raise exception using
                    errcode = '{Intrusion}',
                    message = format('somebody else''s %s %s stands in front of one of PostgreSQL''s own', intruder.kind, intruder.name),
                    hint = format('drop %s %s;', intruder.kind, intruder.name);
            end loop;
        end $guard$
        """;

    /// <summary>
    /// Functions and operators of untrusted owners that stand in front of PostgreSQL's own, as errors with their remedies; empty when none.
    /// </summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<IReadOnlyList<PreflightError>> FindIntrudersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        List<PreflightError> intruders = [];
        await foreach (var row in RowsAsync(connection, $"{Intruders} order by 2", cancellationToken))
        {
            var (kind, name, owner) = (row.GetString(0), row.GetString(1), row.GetString(2));
            intruders.Add(new PreflightError(
                $"The {kind} {name} of the role {owner} stands in front of one of PostgreSQL's own: a migration would run it with this program's "
                    + "rights.",
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
            : $"Others may make functions in schema public, which could then run with this program's rights. To end that: revoke create on schema "
                + $"public from {string.Join(", ", others)};";
    }

    /// <summary>
    /// Takes from everybody the right to create in schema public, which PostgreSQL gave before 15; where another role owns the schema, nothing
    /// happens.
    /// </summary>
    internal static async Task KeepOthersOutAsync(
        NpgsqlConnection connection, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        if (!await connection.ScalarAsync<bool>("""
            select exists (
                select from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
                where nspname = 'public' and privilege_type = 'CREATE' and grantee = 0 and pg_has_role(nspowner, 'usage'))
            """, cancellationToken))
            return;
        await connection.ExecuteAsync("revoke create on schema public from public", cancellationToken);
        progress.Report(new MigrationProgress.Note(
            "Every role could make functions in schema public, which would run with this program's rights; that right is revoked."));
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
