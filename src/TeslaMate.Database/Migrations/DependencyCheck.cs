using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Finds views, triggers, rules, policies, generated columns, functions and foreign keys of others that use a column, table or function that a
/// planned version changes or drops; of a function defaults, constraints and indexes too, which follow a column by themselves.
/// </summary>
static class DependencyCheck
{
    public static async Task RunAsync(NpgsqlConnection connection, Plan plan, IReadOnlyList<PlannedChange> changes,
        CancellationToken cancellationToken)
    {
        List<string> tables = [], columns = [], versions = [];
        List<bool> drops = [];
        foreach (var change in changes)
        {
            foreach (var (before, after) in change.ChangedColumns())
            {
                // Another default or NOT NULL disturbs nobody.
                if (after is not null && after.Column.Type == before.Column.Type)
                    continue;
                var (table, column) = change.Trail.Origin(before.Table!, before.ShortName);
                tables.Add(table);
                columns.Add(column.Trim('"'));
                drops.Add(after is null);
                versions.Add(change.Run.Label);
            }
        }

        var functions = changes.SelectMany(
            change => change.Change.Gone.Where(gone => gone.Kind == "function").Select(gone => (change.Run.Label, gone.Name))).ToList();
        HashSet<string> reported = [];
        await foreach (var row in connection.RowsAsync("""
            with changed as (
                select version, format('column %s of %s', column_name, name) as what, 'pg_class'::regclass as class, attrelid as object,
                    attnum::int as part, drops, 1 as place, position
                from unnest($1::text[], $2::text[], $3::bool[], $4::text[]) with ordinality as _ (name, column_name, drops, version, position)
                join pg_attribute on attrelid = to_regclass(name) and attname = column_name and not attisdropped
                union all
                select version, format('function %s', name), 'pg_proc'::regclass, oid, 0, true, 2, position
                from unnest($5::text[], $6::text[]) with ordinality as _ (name, version, position)
                join pg_proc on name = format('%s.%s(%s)', pronamespace::regnamespace, proname, pg_get_function_identity_arguments(oid))
            )
            select version, what, who, kind, definition
            from changed
            join pg_depend d on d.refclassid = changed.class and d.refobjid = changed.object and d.refobjsubid = changed.part
            cross join lateral (
                select case relkind when 'm' then 'materialized view' else 'view' end, ev_class::regclass::text,
                    format('select pg_get_viewdef(%L);', ev_class::regclass), relnamespace
                from pg_rewrite join pg_class on pg_class.oid = ev_class
                where d.classid = 'pg_rewrite'::regclass and pg_rewrite.oid = d.objid and relkind in ('v', 'm')
                union all
                select 'rule', format('%I on %s', rulename, ev_class::regclass), format('select pg_get_ruledef(%s);', pg_rewrite.oid), relnamespace
                from pg_rewrite join pg_class on pg_class.oid = ev_class
                where d.classid = 'pg_rewrite'::regclass and pg_rewrite.oid = d.objid and relkind not in ('v', 'm')
                union all
                select 'trigger', format('%I on %s', tgname, tgrelid::regclass), format('select pg_get_triggerdef(%s);', oid), null
                from pg_trigger
                where d.classid = 'pg_trigger'::regclass and oid = d.objid and not tgisinternal
                union all
                -- Another table's key keeps a column from being dropped; it follows a change of type.
                select case contype when 'f' then 'foreign key' else 'constraint' end, format('%I on %s', conname, conrelid::regclass),
                    format('select pg_get_constraintdef(%s);', oid), connamespace
                from pg_constraint
                where d.classid = 'pg_constraint'::regclass and oid = d.objid and drops and not conname = any ($7)
                    and case when class = 'pg_proc'::regclass then conrelid <> 0 else contype = 'f' and conrelid <> changed.object end
                union all
                select 'index', oid::regclass::text, format('select pg_get_indexdef(%s);', oid), relnamespace
                from pg_class
                where class = 'pg_proc'::regclass and d.classid = 'pg_class'::regclass and oid = d.objid and relkind in ('i', 'I')
                union all
                select 'policy', format('%I on %s', polname, polrelid::regclass), format('select * from pg_policies where policyname = %L;', polname),
                    null
                from pg_policy
                where d.classid = 'pg_policy'::regclass and oid = d.objid
                union all
                -- A plain default follows its column.
                select case attgenerated when '' then 'default' else 'generated column' end, format('%I on %s', attname, adrelid::regclass),
                    format('select pg_get_expr(adbin, adrelid) from pg_attrdef where oid = %s;', pg_attrdef.oid), null
                from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
                where d.classid = 'pg_attrdef'::regclass and pg_attrdef.oid = d.objid and adnum <> changed.part
                    and (attgenerated <> '' or class = 'pg_proc'::regclass)
                union all
                select 'function', oid::regprocedure::text, format('select pg_get_functiondef(%s);', oid), pronamespace
                from pg_proc
                where d.classid = 'pg_proc'::regclass and oid = d.objid
            ) as dependent (kind, who, definition, namespace)
            -- Our own tables go before what they refer to.
            where namespace is distinct from coalesce(to_regnamespace('teslamate')::oid, 1)
            order by place, position
            """, cancellationToken,
            Value.Array<string>([.. tables]), Value.Array<string>([.. columns]), Value.Array<bool>([.. drops]), Value.Array<string>([.. versions]),
            Value.Array<string>([.. functions.Select(function => function.Name)]),
            Value.Array<string>([.. functions.Select(function => function.Label)]),
            Value.Array<string>([.. ExpectedSchema.Recorded.Changes.SelectMany(change => change.Come)
                .Where(fact => fact.Kind == "constraint").Select(fact => fact.ShortName)])))
        {
            var (version, what, who, kind) = (row.GetString(0), row.GetString(1), row.GetString(2).Replace("public.", "", StringComparison.Ordinal),
                row.GetString(3));
            if (!reported.Add($"{kind} {who}"))
                continue;
            var drop = kind switch
            {
                "foreign key" or "constraint" => Part("drop constraint"),
                "generated column" => Part("drop column"),
                "default" => $"{Part("alter")[..^1]} drop default;",
                _ => $"drop {kind} {who};",
            };
            plan.Errors.Add(new PreflightError($"The {kind} {who} uses {what}, which version {version} changes or drops.",
                $"Keep its definition, drop it ({drop}), and make it again afterwards.", row.GetString(4)));

            string Part(string part)
            {
                var on = who.LastIndexOf(" on ", StringComparison.Ordinal);
                return $"alter table {who[(on + 4)..]} {part} {who[..on]};";
            }
        }
    }
}
