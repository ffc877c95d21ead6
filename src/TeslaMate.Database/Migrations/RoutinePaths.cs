using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Triggers, indexes on expressions, checks and defaults that the owner added to tables of the logbook. Their functions run inside this program's
/// statements, which find nothing in schema public without its name; functions that rely on that get <c>search_path = public</c> of their own, as
/// they were written for.
/// </summary>
static class RoutinePaths
{
    /// <summary>Sets the path of those that have none; those of other owners are named, with the remedy.</summary>
    public static async Task KeepAsync(NpgsqlConnection connection, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        List<(string Name, bool IsOwn)> routines = [];
        await foreach (var row in connection.RowsAsync("""
            with tables as (
                select oid from pg_class where relnamespace in (to_regnamespace('public'), to_regnamespace('private')) and relkind in ('r', 'p')
            ), called as (
                select tgfoid as oid from pg_trigger where not tgisinternal and tgrelid in (table tables)
                union
                select refobjid
                from pg_depend
                where refclassid = 'pg_proc'::regclass and (
                    classid = 'pg_class'::regclass and objid in (select indexrelid from pg_index where indrelid in (table tables))
                    or classid = 'pg_constraint'::regclass and objid in (select oid from pg_constraint where conrelid in (table tables))
                    or classid = 'pg_attrdef'::regclass and objid in (select oid from pg_attrdef where adrelid in (table tables)))
            )
            select format('%s %s', case prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure), pg_has_role(proowner, 'usage')
            from pg_proc as p
            join called on called.oid = p.oid
            join pg_language as l on l.oid = prolang
            where lanname not in ('c', 'internal') and prosqlbody is null and pronamespace <> 'pg_catalog'::regnamespace
                and not exists (select from unnest(proconfig) as setting where setting like 'search_path=%')
            order by 1
            """, cancellationToken))
            routines.Add((row.GetString(0), row.GetBoolean(1)));
        foreach (var (name, isOwn) in routines)
        {
            var alter = $"alter {name} set search_path = public";
            if (isOwn)
                await connection.ExecuteAsync(alter, cancellationToken);
            progress.Report(isOwn
                ? new MigrationProgress.Note($"The {name} works on tables of the logbook and finds others by their bare names: {alter}.")
                : new MigrationProgress.Note(
                    $"The {name} works on tables of the logbook and may find others by their bare names, which fails. Have its owner run: {alter};",
                    Warning: true));
        }
    }
}
