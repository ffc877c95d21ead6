using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Database;

/// <summary>
/// Functions, triggers, rules and policies in a database that no migration of this program or of the reference makes. They run with the rights of
/// the role whose statement meets them, which is mostly the owner's.
/// </summary>
public static partial class ForeignCode
{
    /// <summary>Their names, such as <c>trigger watch on public.positions</c>, in order; empty when there are none.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<IReadOnlyList<string>> FindAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connection);
        List<(string Name, string? Body)> found = [];
        await foreach (var row in connection.RowsAsync("""
            with ours as (
                select oid, nspname from pg_catalog.pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
            )
            select format('%s %s', case prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, p.oid::regprocedure),
                -- A body of the newer kind is no text, and migrations have none of it.
                case when prosqlbody is null then prosrc end
            from pg_catalog.pg_proc as p
            join ours on ours.oid = pronamespace
            where not exists (select from pg_catalog.pg_depend where classid = 'pg_catalog.pg_proc'::regclass and objid = p.oid and deptype = 'e')
            union all
            select format('trigger %I on %s', tgname, tgrelid::regclass), null
            from pg_catalog.pg_trigger
            where not tgisinternal
            union all
            select format('rule %I on %s', rulename, ev_class::regclass), null
            from pg_catalog.pg_rewrite
            join pg_catalog.pg_class on pg_class.oid = ev_class
            join ours on ours.oid = relnamespace
            where rulename <> '_RETURN'
            union all
            select format('policy %I on %s', polname, polrelid::regclass), null
            from pg_catalog.pg_policy
            order by 1
            """, cancellationToken))
            found.Add((row.GetString(0), row.Text(1)));
        return [.. found.Where(code => code.Body is not { } body || !IsKnown(body)).Select(code => code.Name)];
    }

    /// <summary>Whether this is the body of a function that a migration of this program or of the reference makes.</summary>
    public static bool IsKnown(string body) => Known.Value.Contains(Bare(body));

    // Scripts are run without their comments.
    static readonly Lazy<HashSet<string>> Known = new(() =>
    [
        .. MigrationFolder.EmbeddedTexts().SelectMany(text => (string[])[text, Comment.Replace(text, "")])
            .SelectMany(text => DollarQuoted.Matches(text)).Select(match => Bare(match.Groups[2].Value)),
    ]);

    [GeneratedRegex(@"(\$\w*\$)(.*?)\1", RegexOptions.Singleline)]
    static partial Regex DollarQuoted { get; }

    [GeneratedRegex("--.*")]
    static partial Regex Comment { get; }

    // Dumps and older servers keep a body's words, though not always its blanks.
    static string Bare(string sql) => string.Concat(sql.Where(letter => letter != ';' && !char.IsWhiteSpace(letter))).ToLowerInvariant();
}
