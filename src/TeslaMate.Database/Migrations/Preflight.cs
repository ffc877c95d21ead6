using Npgsql;
using TeslaMate.Database.Schemas;

namespace TeslaMate.Database.Migrations;

/// <summary>Looks, before anything is changed, for what would stop the planned versions half-way.</summary>
static class Preflight
{
    public static async Task CheckAsync(NpgsqlConnection connection, Plan plan, DatabaseSettings settings, CancellationToken cancellationToken)
    {
        if (plan.IsEmpty)
            return;
        await RightsCheck.RunAsync(connection, plan, cancellationToken);
        // Without rights nothing more can be seen.
        if (plan.Errors.Count > 0)
            return;
        // Nobody else's functions are in the way: from here on names are found in public, where indexes on expressions need them to be.
        await connection.ExecuteAsync("set search_path = public", cancellationToken);
        // An empty database has nothing that could be in the way.
        if (plan is { UsesBaseline: true, Server.PublicObjects: 0 } || plan.Runs.All(run => run.Chain is Chain.Own))
            return;
        foreach (var lagging in await SequenceCheck.FindAsync(connection, cancellationToken))
            plan.Warnings.Add($"The {lagging}: the program mends that when it inserts. {lagging.Repair}");
        var live = await SchemaFacts.ReadAsync(connection, cancellationToken);
        var changes = Changes(plan).ToList();
        NameCheck.Run(plan, changes, live);
        await DependencyCheck.RunAsync(connection, plan, changes, cancellationToken);
        if (plan.UsesBaseline)
            return;
        await new RowCheck(plan, changes, live).RunAsync(connection, cancellationToken);
        await DiskCheck.RunAsync(connection, plan, settings, cancellationToken);
    }

    static IEnumerable<PlannedChange> Changes(Plan plan)
    {
        var trail = new RenameTrail();
        foreach (var run in plan.Runs.Where(run => run.Chain is Chain.Reference))
        {
            yield return new PlannedChange(run, ExpectedSchema.Recorded.ChangeOf(run.Version, run.Back), trail);
            trail = trail.After(run.Version, run.Back);
        }
    }
}

/// <summary>What a planned version does to the schema.</summary>
/// <param name="Trail">How the names that the version meets are called in the database now.</param>
sealed record PlannedChange(PlannedRun Run, SchemaChange Change, RenameTrail Trail)
{
    /// <summary>Columns that get another type, a stricter rule, or go; tables in whole included.</summary>
    public IEnumerable<(SchemaFact Before, SchemaFact? After)> ChangedColumns()
        => from before in Change.Gone
           where before.Kind == "column" && !RenameTrail.IsRenamed(Run.Version, before, Run.Back)
           select (before, Change.Come.FirstOrDefault(come => come.Key == before.Key));
}
