using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Whether others can make this program's role run their code. The scripts of migrations look names up in schema <c>public</c>, where a function
/// or operator wins over PostgreSQL's own of the same name when its arguments fit better; everything else looks in <c>pg_catalog</c> alone, as
/// these questions do.
/// </summary>
public static class PublicSchemaCheck
{
    static readonly string Intruders = MigrationFolder.Text("queries/intruders.sql");

    /// <summary>SQLSTATE of <see cref="GuardSql"/>.</summary>
    internal const string Intrusion = "TM102";

    /// <summary>A statement that fails where such a thing has come since the last look.</summary>
    internal static readonly string GuardSql = $"""
        do $guard$ declare intruder record; begin
            for intruder in
                {Intruders} loop
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
        => await AskAsync(connection, $"{Intruders} order by 2", row =>
        {
            var (kind, name, owner) = (row.GetString(0), row.GetString(1), row.GetString(2));
            return new PreflightError(
                $"The {kind} {name} of the role {owner} stands in front of one of PostgreSQL's own: a migration would run it with this program's "
                    + "rights.",
                $"Drop it (drop {kind} {name};), and keep others from making such things: revoke create on schema public from public, \"{owner}\";");
        }, cancellationToken);

    /// <summary>Roles other than the owners that may make things in schema public, as a warning; null when there is none.</summary>
    internal static async Task<string?> OthersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var others = await AskAsync(connection, """
            select distinct case grantee when 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end
            from pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
            where nspname = 'public' and privilege_type = 'CREATE' and grantee not in (nspowner, current_user::regrole::oid)
              and not coalesce((select rolsuper from pg_roles where oid = grantee), false)
            order by 1
            """, row => row.GetString(0), cancellationToken);
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

    static async Task<List<T>> AskAsync<T>(
        NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        // For this one statement; a transaction ends with what it set.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync("set local search_path = pg_catalog, pg_temp", cancellationToken);
        return await connection.RowsAsync(sql, cancellationToken).Select(read).ToListAsync(cancellationToken);
    }
}
