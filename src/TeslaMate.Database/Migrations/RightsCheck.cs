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
        if (server.IsReadOnly)
        {
            plan.Obstacles.Add(new Obstacle($"The role {server.Role} can only read: the server is a standby, or the role or database is set to read-only transactions.",
                $"Connect to the primary server, or have an administrator run: alter role \"{server.Role}\" set default_transaction_read_only = off;"));
            return;
        }

        if (server.IsSuperuser)
            return;
        var pending = plan.Runs.Where(run => !run.Back && run.Chain is Chain.Reference).Select(run => run.Version).ToHashSet();
        if (!server.MayCreateInDatabase && (!server.HasOwnSchema || pending.Contains(PrivateSchemaVersion)))
        {
            plan.Obstacles.Add(new Obstacle($"The role {server.Role} may not make schemas in the database {server.Database}.",
                $"Have an administrator run: grant create on database \"{server.Database}\" to \"{server.Role}\";"));
        }

        if (!server.MayCreateInPublic && (pending.Count > 0 || !server.HasSchemaMigrations || !server.HasChangelog))
        {
            plan.Obstacles.Add(new Obstacle($"The role {server.Role} may not make tables in schema public.",
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
        plan.Obstacles.Add(new Obstacle(
            $"The database lacks the extension{(missing.Count > 1 ? "s" : "")} {string.Join(" and ", missing)}, which the role {plan.Server.Role} may not create.",
            $"Have an administrator run this in the database {plan.Server.Database}: {statements}"));
    }

    static async Task CheckOwnersAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancellationToken)
    {
        var ours = ExpectedSchema.Recorded.At(plan.Reconciliation.Applied).Values.Where(fact => fact.Kind == "table").Select(fact => fact.Name);
        if (await OwnersAsync(connection, plan.Server, ours, cancellationToken) is { } obstacle)
            plan.Obstacles.Add(obstacle);
    }

    /// <summary>What is said to a role that may not even read which versions there are.</summary>
    public static async Task<Obstacle> UnreadableAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
    {
        var ever = ExpectedSchema.Recorded.Changes.SelectMany(change => change.Come).Where(fact => fact.Kind == "table").Select(fact => fact.Name);
        return await OwnersAsync(connection, server, ever, cancellationToken)
            ?? new Obstacle($"The role {server.Role} may not read schema_migrations or changelog.", $"Have an administrator run: grant select on all tables in schema public to \"{server.Role}\";");
    }

    static async Task<Obstacle?> OwnersAsync(NpgsqlConnection connection, ServerFacts server, IEnumerable<string> tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("""
            select distinct format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner)
            from unnest($1::text[]) as name
            join pg_namespace n on n.nspname = split_part(name, '.', 1)
            join pg_class c on c.relnamespace = n.oid and c.relname = split_part(name, '.', 2)
            where not pg_has_role(c.relowner, 'usage')
            order by 1
            """, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. tables, "public.schema_migrations", "public.changelog", "teslamate.deferred"] });
        List<(string Table, string Owner)> foreign = [];
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                foreign.Add((reader.GetString(0), reader.GetString(1)));
        }

        return foreign.Count == 0 ? null : new Obstacle(
            $"The role {server.Role} does not own {string.Join(", ", foreign.Select(table => $"{table.Table} (owner {table.Owner})"))}.",
            "Have an administrator run: " + string.Join(' ', foreign.Select(table => $"alter table {table.Table} owner to \"{server.Role}\";")));
    }
}
