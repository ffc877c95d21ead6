using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Finds views, triggers, rules, policies, generated columns, functions and foreign keys of others that use a column, table or function that a
/// planned version changes or drops.
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
                if (after is not null && SchemaDifference.Split(after.Detail).Type == SchemaDifference.Split(before.Detail).Type)
                    continue;
                var (table, column) = change.Trail.Origin(before.Table!, before.ShortName);
                tables.Add(table);
                columns.Add(column.Trim('"'));
                drops.Add(after is null);
                versions.Add(change.Run.Label);
            }
        }

        await FindAsync(connection, plan, """
            select version, format('column %s of %s', a.attname, changed.name), who, kind, definition
            from unnest($1::text[], $2::text[], $3::bool[], $4::text[]) with ordinality as changed (name, column_name, drops, version, position)
            join pg_attribute a on a.attrelid = to_regclass(changed.name) and a.attname = changed.column_name and not a.attisdropped
            join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
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
                select 'foreign key', format('%I on %s', conname, conrelid::regclass), format('select pg_get_constraintdef(%s);', oid), connamespace
                from pg_constraint
                where d.classid = 'pg_constraint'::regclass and oid = d.objid and drops and contype = 'f' and conrelid <> a.attrelid
                    and not conname = any ($5)
                union all
                select 'policy', format('%I on %s', polname, polrelid::regclass), format('select * from pg_policies where policyname = %L;', polname),
                    null
                from pg_policy
                where d.classid = 'pg_policy'::regclass and oid = d.objid
                union all
                -- A column's own default hangs on it too, and follows it.
                select 'generated column', format('%I on %s', attname, adrelid::regclass),
                    format('select pg_get_expr(adbin, adrelid) from pg_attrdef where oid = %s;', pg_attrdef.oid), null
                from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
                where d.classid = 'pg_attrdef'::regclass and pg_attrdef.oid = d.objid and adnum <> a.attnum
                union all
                select 'function', oid::regprocedure::text, format('select pg_get_functiondef(%s);', oid), pronamespace
                from pg_proc
                where d.classid = 'pg_proc'::regclass and oid = d.objid
            ) as dependent (kind, who, definition, namespace)
            -- Our own tables go before what they refer to.
            where namespace is distinct from coalesce(to_regnamespace('teslamate')::oid, 1)
            order by position
            """,
            command =>
            {
                command.Parameters.Add(Value.Array<string>([.. tables]));
                command.Parameters.Add(Value.Array<string>([.. columns]));
                command.Parameters.Add(Value.Array<bool>([.. drops]));
                command.Parameters.Add(Value.Array<string>([.. versions]));
                command.Parameters.Add(Value.Array<string>([.. ExpectedSchema.Recorded.Changes.SelectMany(change => change.Come)
                    .Where(fact => fact.Kind == "constraint").Select(fact => fact.ShortName)]));
            }, cancellationToken);

        var functions = changes.SelectMany(
            change => change.Change.Gone.Where(gone => gone.Kind == "function").Select(gone => (change.Run.Label, gone.Name))).ToList();
        await FindAsync(connection, plan, """
            select version, format('function %s', changed.name), r.ev_class::regclass::text, 'view',
                format('select pg_get_viewdef(%L);', r.ev_class::regclass)
            from unnest($1::text[], $2::text[]) with ordinality as changed (name, version, position)
            join pg_proc p on changed.name = format('%s.%s(%s)', p.pronamespace::regnamespace, p.proname, pg_get_function_identity_arguments(p.oid))
            join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid and d.classid = 'pg_rewrite'::regclass
            join pg_rewrite r on r.oid = d.objid
            order by position
            """,
            command =>
            {
                command.Parameters.Add(Value.Array<string>([.. functions.Select(function => function.Name)]));
                command.Parameters.Add(Value.Array<string>([.. functions.Select(function => function.Label)]));
            }, cancellationToken);
    }

    static async Task FindAsync(NpgsqlConnection connection, Plan plan, string sql, Action<NpgsqlCommand> fill, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        fill(command);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        HashSet<string> reported = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var (version, what, who, kind) = (reader.GetString(0), reader.GetString(1),
                reader.GetString(2).Replace("public.", "", StringComparison.Ordinal), reader.GetString(3));
            if (!reported.Add($"{kind} {who}"))
                continue;
            var drop = kind switch
            {
                "foreign key" => Part("constraint"),
                "generated column" => Part("column"),
                _ => $"drop {kind} {who};",
            };
            plan.Errors.Add(new PreflightError($"The {kind} {who} uses {what}, which version {version} changes or drops.",
                $"Keep its definition, drop it ({drop}), and make it again afterwards.", reader.GetString(4)));

            string Part(string part)
            {
                var on = who.LastIndexOf(" on ", StringComparison.Ordinal);
                return $"alter table {who[(on + 4)..]} drop {part} {who[..on]};";
            }
        }
    }
}
