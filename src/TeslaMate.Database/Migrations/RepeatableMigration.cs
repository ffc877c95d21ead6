using System.Text.RegularExpressions;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Views and functions of schema <c>teslamate</c>, made anew whenever their file or a version changed. They can always be dropped, since they hold
/// nothing.
/// </summary>
sealed partial record RepeatableMigration(MigrationFile Script)
{
    /// <summary>The version under which <c>undo_scripts</c> keeps the names of what all repeatable migrations make; no file has it.</summary>
    public const long Version = 0;

    /// <summary>The views and functions that the file makes, without schema.</summary>
    public IEnumerable<string> Objects => Creation.Matches(Script.Text).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// Drops, whatever the order among them, the views and functions that these files make or that the last program here made; stops at what others
    /// have built on them. Forgets that they were made.
    /// </summary>
    public static string DropSql(IEnumerable<RepeatableMigration> known) => $$"""
        do $$
        declare
            names text[] := array[{{string.Join(", ", known.SelectMany(file => file.Objects).Select(name => $"'{name}'"))}}]::text[]
                || coalesce((select string_to_array(sql, E'\n') from teslamate.undo_scripts where own and version = {{Version}}), array[]::text[]);
            object record;
            dropped boolean;
            used text;
        begin
            loop
                dropped := false;
                used := null;
                for object in
                    select case relkind when 'v' then 'view' else 'materialized view' end as kind, c.oid::regclass::text as name
                    from pg_class c where relnamespace = to_regnamespace('teslamate') and relkind in ('v', 'm') and relname = any (names)
                    union all
                    select case prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, p.oid::regprocedure::text
                    from pg_proc p where pronamespace = to_regnamespace('teslamate') and proname = any (names)
                loop
                    begin
                        execute format('drop %s %s', object.kind, object.name);
                        dropped := true;
                    exception when dependent_objects_still_exist then
                        get stacked diagnostics used = pg_exception_detail;
                    end;
                end loop;
                exit when not dropped;
            end loop;
            if used is not null then
                raise exception using errcode = '2BP01', message = 'the views of schema teslamate are used by what others have added', detail = used;
            end if;
        end
        $$;
        delete from teslamate.undo_scripts where own and version = {{Version}};
        delete from teslamate.changelog where type = 4
        """;

    [GeneratedRegex(
        @"\bcreate\s+(?:or\s+replace\s+)?(?:materialized\s+)?(?:view|function|procedure|aggregate)\s+(?:if\s+not\s+exists\s+)?teslamate\.(\w+)",
        RegexOptions.IgnoreCase)]
    static partial Regex Creation { get; }
}
