using Npgsql;
using TeslaMate.Database.Schemas;

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
            plan.Refuse($"The role {server.Role} can only read: the server is a standby, or the role or database is set to read-only transactions.",
                $"Connect to the primary server, or have an administrator run: alter role \"{server.Role}\" set default_transaction_read_only = "
                    + "off;");
            return;
        }

        if (server.IsSuperuser)
            return;
        var pending = plan.Runs.Where(run => !run.Back && run.Chain is Chain.Reference).Select(run => run.Version).ToHashSet();
        if (!server.MayCreateInDatabase && (!server.HasOwnSchema || pending.Contains(PrivateSchemaVersion)))
            Refuse($"may not make schemas in the database {server.Database}", $"grant create on database \"{server.Database}\"");
        if (!server.MayCreateInPublic && (pending.Count > 0 || !server.HasSchemaMigrations || !server.HasChangelog))
            Refuse("may not make tables in schema public", "grant create on schema public");
        if (pending.Contains(ExtensionsVersion))
            await CheckExtensionsAsync(connection, plan, cancellationToken);
        if (plan.Runs.Count == 0)
            return;
        var expected = ExpectedSchema.Recorded.At(plan.Reconciliation.Applied);
        var changed = plan.Runs.Where(run => run.Chain is Chain.Reference)
            .SelectMany(run => ExpectedSchema.Recorded.ChangeOf(run.Version, run.Back).Gone)
            .Where(fact => fact.Kind is "enum" or "function" && expected.ContainsKey(fact.Key));
        if (await FindOwnersAsync(connection, server, expected.Values.Where(fact => fact.Kind == "table").Concat(changed), cancellationToken)
            is { } error)
            plan.Errors.Add(error);
        if (pending.Contains(PrivateSchemaVersion) && await connection.ScalarAsync<bool>(
            "select not has_schema_privilege(to_regnamespace('private')::oid, 'create, usage')", cancellationToken))
            Refuse("may not put tables into schema private, which exists already", "grant create, usage on schema private");

        void Refuse(string cause, string grant)
            => plan.Refuse($"The role {server.Role} {cause}.", $"Have an administrator run: {grant} to \"{server.Role}\";");
    }

    static async Task CheckExtensionsAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancellationToken)
    {
        if (await connection.ScalarAsync<string[]>("""
            select array_agg(name)
            from unnest(array['cube', 'earthdistance']) as name
            where not exists (select from pg_extension where extname = name)
                and not exists (
                    select from pg_available_extension_versions v
                    where v.name = name.name and trusted and has_database_privilege(current_database(), 'create'))
            """, cancellationToken) is not { } missing)
            return;
        var statements = string.Join(' ', missing.Select(name => $"create extension if not exists {name} with schema public cascade;"));
        plan.Refuse($"The database lacks the extension{(missing.Length > 1 ? "s" : "")} {string.Join(" and ", missing)}, which the role "
                + $"{plan.Server.Role} may not create.",
            $"Have an administrator run this in the database {plan.Server.Database}: {statements}");
    }

    /// <summary>What is said to a role that may not even read which versions there are.</summary>
    public static async Task<PreflightError> UnreadableAsync(NpgsqlConnection connection, ServerFacts server, CancellationToken cancellationToken)
        => await FindOwnersAsync(connection, server, ExpectedSchema.Recorded.Ever.Where(fact => fact.Kind is "table" or "enum" or "function"),
            cancellationToken)
            ?? new PreflightError($"The role {server.Role} may not read schema_migrations or changelog.",
                $"Have an administrator run: grant select on all tables in schema public to \"{server.Role}\";");

    /// <summary>Which of these tables, enumerated types and functions, and of the engine's own tables, others own; null when none.</summary>
    static async Task<PreflightError?> FindOwnersAsync(
        NpgsqlConnection connection, ServerFacts server, IEnumerable<SchemaFact> facts, CancellationToken cancellationToken)
    {
        string[] names = [.. facts.Select(fact => fact.Name), "public.schema_migrations", "public.changelog", "teslamate.undo_scripts"];
        var foreign = await connection.RowsAsync(MigrationFolder.Text("queries/foreign_objects.sql"), cancellationToken, Value.Array(names))
            .Select(row => (Kind: row.GetString(0), Name: row.GetString(1), Owner: row.GetString(2))).ToListAsync(cancellationToken);
        return foreign.Count == 0 ? null : new PreflightError(
            $"The role {server.Role} does not own {string.Join(", ", foreign.Select(thing => $"{thing.Name} (owner {thing.Owner})"))}.",
            "Have an administrator run: "
                + string.Join(' ', foreign.Select(thing => $"alter {thing.Kind} {thing.Name} owner to \"{server.Role}\";")));
    }
}
