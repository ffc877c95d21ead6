using Npgsql;
using TeslaMate.Database.Schemas;

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
        // Another default or NOT NULL disturbs nobody.
        var columns = (
            from change in changes
            from changed in change.ChangedColumns()
            where changed.After?.Column.Type != changed.Before.Column.Type
            let now = change.Trail.Origin(changed.Before.Table!, changed.Before.ShortName)
            select (now.Table, Name: now.Column.Trim('"'), Drops: changed.After is null, By: change.Run.Label)).ToList();
        var functions = (
            from change in changes
            from gone in change.Change.Gone
            where gone.Kind == "function"
            select (gone.Name, By: change.Run.Label)).ToList();
        HashSet<string> reported = [];
        await foreach (var row in connection.RowsAsync(MigrationFolder.Text("queries/dependents.sql"), cancellationToken,
            Value.Array<string>([.. columns.Select(column => column.Table)]), Value.Array<string>([.. columns.Select(column => column.Name)]),
            Value.Array<bool>([.. columns.Select(column => column.Drops)]), Value.Array<string>([.. columns.Select(column => column.By)]),
            Value.Array<string>([.. functions.Select(function => function.Name)]),
            Value.Array<string>([.. functions.Select(function => function.By)]),
            Value.Array<string>([.. ExpectedSchema.Recorded.Ever.Where(fact => fact.Kind == "constraint").Select(fact => fact.ShortName)])))
        {
            var (version, what, kind) = (row.GetString(0), row.GetString(1), row.GetString(2));
            var (name, table) = (Bare(row.GetString(3)), Bare(row.Text(4)));
            var who = table is null ? name : $"{name} on {table}";
            if (!reported.Add($"{kind} {who}"))
                continue;
            var drop = kind switch
            {
                "foreign key" or "constraint" => $"alter table {table} drop constraint {name};",
                "generated column" => $"alter table {table} drop column {name};",
                "default" => $"alter table {table} alter {name} drop default;",
                _ => $"drop {kind} {who};",
            };
            plan.Refuse($"The {kind} {who} uses {what}, which version {version} changes or drops.",
                $"Keep its definition, drop it ({drop}), and make it again afterwards.", row.GetString(5));
        }

        static string? Bare(string? name) => name?.Replace("public.", "", StringComparison.Ordinal);
    }
}
