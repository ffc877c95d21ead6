using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>Whether the role may do what is planned; it needs to own the tables, but need not be a superuser where the extensions exist.</summary>
static class RightsCheck
{
    const long ExtensionsVersion = 20190925152807;
    const long PrivateSchemaVersion = 20250924215353;

    public static async Task RunAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancellationToken)
    {
        var server = plan.Server;
        plan.Errors.AddRange(await PublicSchemaCheck.FindIntrudersAsync(connection, cancellationToken));
        if (server.IsReadOnly)
        {
            plan.Errors.Add(new PreflightError($"The role {server.Role} can only read: the server is a standby, or the role or database is set to "
                + "read-only transactions.",
                $"Connect to the primary server, or have an administrator run: alter role \"{server.Role}\" set default_transaction_read_only = "
                    + "off;"));
            return;
        }

        if (server.IsSuperuser)
            return;
        var pending = plan.Runs.Where(run => !run.Back && run.Chain is Chain.Reference).Select(run => run.Version).ToHashSet();
        if (!server.MayCreateInDatabase && (!server.HasOwnSchema || pending.Contains(PrivateSchemaVersion)))
        {
            plan.Errors.Add(new PreflightError($"The role {server.Role} may not make schemas in the database {server.Database}.",
                $"Have an administrator run: grant create on database \"{server.Database}\" to \"{server.Role}\";"));
        }

        if (!server.MayCreateInPublic && (pending.Count > 0 || !server.HasSchemaMigrations || !server.HasChangelog))
        {
            plan.Errors.Add(new PreflightError($"The role {server.Role} may not make tables in schema public.",
                $"Have an administrator run: grant create on schema public to \"{server.Role}\";"));
        }

        if (pending.Contains(ExtensionsVersion))
            await CheckExtensionsAsync(connection, plan, cancellationToken);
        if (plan.Runs.Count > 0)
            await CheckOwnersAsync(connection, plan, cancellationToken);
    }

    static async Task CheckExtensionsAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancellationToken)
    {
        var missing = new List<string>();
        await foreach (var row in connection.RowsAsync("""
            select name
            from unnest(array['cube', 'earthdistance']) as name
            where not exists (select from pg_extension where extname = name)
              and not exists (select from pg_available_extension_versions v
                              where v.name = name.name and trusted and has_database_privilege(current_database(), 'create'))
            """, cancellationToken))
            missing.Add(row.GetString(0));
        if (missing.Count == 0)
            return;
        var statements = string.Join(' ', missing.Select(name => $"create extension if not exists {name} with schema public cascade;"));
        plan.Errors.Add(new PreflightError(
            $"The database lacks the extension{(missing.Count > 1 ? "s" : "")} {string.Join(" and ", missing)}, which the role {plan.Server.Role} "
                + "may not create.",
            $"Have an administrator run this in the database {plan.Server.Database}: {statements}"));
    }

    static async Task CheckOwnersAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancellationToken)
    {
        var expected = ExpectedSchema.Recorded.At(plan.Reconciliation.Applied);
        var changed = plan.Runs.Where(run => run.Chain is Chain.Reference)
            .SelectMany(run => ExpectedSchema.Recorded.ChangeOf(run.Version) is var change && run.Back ? change.Come : change.Gone)
            .Where(fact => fact.Kind is "enum" or "function" && expected.ContainsKey(fact.Key))
            .Select(fact => fact.Name);
        if (await OwnersAsync(connection, plan.Server, [.. expected.Values.Where(fact => fact.Kind == "table").Select(fact => fact.Name), .. changed],
            cancellationToken) is { } error)
            plan.Errors.Add(error);
        if (plan.Runs.Any(run => run is { Version: PrivateSchemaVersion, Back: false })
            && await connection.ScalarAsync<bool>("select not has_schema_privilege(to_regnamespace('private')::oid, 'create, usage')",
                cancellationToken))
        {
            plan.Errors.Add(new PreflightError($"The role {plan.Server.Role} may not put tables into schema private, which exists already.",
                $"Have an administrator run: grant create, usage on schema private to \"{plan.Server.Role}\";"));
        }
    }

    /// <summary>What is said to a role that may not even read which versions there are.</summary>
    public static async Task<PreflightError> UnreadableAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
    {
        var ever = ExpectedSchema.Recorded.Changes.SelectMany(change => change.Come).Where(fact => fact.Kind is "table" or "enum" or "function")
            .Select(fact => fact.Name);
        return await OwnersAsync(connection, server, [.. ever], cancellationToken)
            ?? new PreflightError($"The role {server.Role} may not read schema_migrations or changelog.",
                $"Have an administrator run: grant select on all tables in schema public to \"{server.Role}\";");
    }

    /// <param name="names">Of tables, enumerated types and functions, the latter with their arguments.</param>
    static async Task<PreflightError?> OwnersAsync(NpgsqlConnection connection, ServerFacts server, IReadOnlyList<string> names,
        CancellationToken cancellationToken)
    {
        List<(string Kind, string Name, string Owner)> foreign = [];
        await foreach (var row in connection.RowsAsync("""
            with objects as (
                select 'table' as kind, format('%s.%s', nspname, relname) as name, format('%I.%I', nspname, relname) as called, relowner as owner
                from pg_class join pg_namespace n on n.oid = relnamespace
                union all
                select 'type', format('%s.%s', nspname, typname), format('%I.%I', nspname, typname), typowner
                from pg_type join pg_namespace n on n.oid = typnamespace
                where typtype = 'e'
                union all
                select 'function', format('%s.%s(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)),
                       format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), proowner
                from pg_proc p join pg_namespace n on n.oid = pronamespace
            )
            select distinct kind, called, pg_get_userbyid(owner)
            from objects
            where name = any ($1) and not pg_has_role(owner, 'usage')
            order by 2
            """, cancellationToken, Value.Array<string>([.. names, "public.schema_migrations", "public.changelog", "teslamate.undo_scripts"])))
            foreign.Add((row.GetString(0), row.GetString(1), row.GetString(2)));
        return foreign.Count == 0 ? null : new PreflightError(
            $"The role {server.Role} does not own {string.Join(", ", foreign.Select(thing => $"{thing.Name} (owner {thing.Owner})"))}.",
            "Have an administrator run: "
                + string.Join(' ', foreign.Select(thing => $"alter {thing.Kind} {thing.Name} owner to \"{server.Role}\";")));
    }
}
