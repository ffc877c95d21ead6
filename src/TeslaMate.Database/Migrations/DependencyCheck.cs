using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>Finds views, triggers, rules and foreign keys of others that use a column, table or function that a planned version changes or drops.</summary>
static class DependencyCheck
{
    public static async Task RunAsync(NpgsqlConnection connection, Plan plan, IReadOnlyList<PlannedChange> changes, CancellationToken cancellationToken)
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
            select version, what, who, kind, definition
            from (
                select version, format('column %s of %s', attname, changed.name) as what, drops,
                       coalesce(r.ev_class::regclass::text, format('%s on %s', g.tgname, g.tgrelid::regclass), format('%s on %s', f.conname, f.conrelid::regclass)) as who,
                       case when g.oid is not null then 'trigger'
                            when f.oid is not null then 'foreign key'
                            when v.relkind = 'm' then 'materialized view'
                            when v.relkind = 'v' then 'view'
                            else 'rule' end as kind,
                       coalesce(format('select pg_get_viewdef(%L);', r.ev_class::regclass), format('select pg_get_triggerdef(%s);', g.oid),
                                format('select pg_get_constraintdef(%s);', f.oid)) as definition,
                       position
                from unnest($1::text[], $2::text[], $3::bool[], $4::text[]) with ordinality as changed (name, column_name, drops, version, position)
                join pg_attribute a on a.attrelid = to_regclass(changed.name) and a.attname = changed.column_name and not a.attisdropped
                join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
                left join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
                left join pg_class v on v.oid = r.ev_class
                left join pg_trigger g on d.classid = 'pg_trigger'::regclass and g.oid = d.objid and not g.tgisinternal
                -- Another table's key keeps a column from being dropped; it follows a change of type.
                left join pg_constraint f on d.classid = 'pg_constraint'::regclass and f.oid = d.objid and drops and f.contype = 'f' and f.conrelid <> a.attrelid
                    and not f.conname = any ($5)
                -- Our own tables go before what they refer to.
                where (r.oid is not null or g.oid is not null or f.oid is not null)
                  and coalesce(v.relnamespace, f.connamespace, 0) is distinct from coalesce(to_regnamespace('teslamate')::oid, 1)
            ) as found
            order by position
            """,
            command =>
            {
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. tables] });
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. columns] });
                command.Parameters.Add(new NpgsqlParameter<bool[]> { TypedValue = [.. drops] });
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. versions] });
                command.Parameters.Add(new NpgsqlParameter<string[]>
                {
                    TypedValue = [.. ExpectedSchema.Recorded.Changes.SelectMany(change => change.Come).Where(fact => fact.Kind == "constraint").Select(fact => fact.ShortName)],
                });
            }, cancellationToken);

        var functions = changes.SelectMany(change => change.Change.Gone.Where(gone => gone.Kind == "function").Select(gone => (change.Run.Label, gone.Name))).ToList();
        await FindAsync(connection, plan, """
            select version, format('function %s', changed.name), r.ev_class::regclass::text, 'view', format('select pg_get_viewdef(%L);', r.ev_class::regclass)
            from unnest($1::text[], $2::text[]) with ordinality as changed (name, version, position)
            join pg_proc p on changed.name = format('%s.%s(%s)', p.pronamespace::regnamespace, p.proname, pg_get_function_identity_arguments(p.oid))
            join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid and d.classid = 'pg_rewrite'::regclass
            join pg_rewrite r on r.oid = d.objid
            order by position
            """,
            command =>
            {
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. functions.Select(function => function.Name)] });
                command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. functions.Select(function => function.Label)] });
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
            var (version, what, who, kind) = (reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3));
            if (!reported.Add($"{kind} {who}"))
                continue;
            var drop = kind is "foreign key" ? $"alter table {who[(who.IndexOf(" on ", StringComparison.Ordinal) + 4)..]} drop constraint {who[..who.IndexOf(' ', StringComparison.Ordinal)]};" : $"drop {kind} {who};";
            plan.Obstacles.Add(new Obstacle($"The {kind} {who} uses {what}, which version {version} changes or drops.",
                $"Keep its definition, drop it ({drop}), and make it again afterwards.", reader.GetString(4)));
        }
    }
}
