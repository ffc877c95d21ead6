namespace TeslaMate.Database.Migrations;

/// <summary>What a run is going to do, worked out before anything is changed.</summary>
sealed class Plan(MigrationHistory history, Reconciliation reconciliation)
{
    public MigrationHistory History => history;
    public ServerFacts Server => history.Server;
    public Reconciliation Reconciliation => reconciliation;

    /// <summary>In the order in which they run.</summary>
    public List<PlannedRun> Runs { get; } = [];

    /// <summary>The runs, cut where they go on in another schema or direction.</summary>
    public IEnumerable<List<PlannedRun>> RunsByChain
    {
        get
        {
            for (var first = 0; first < Runs.Count;)
            {
                List<PlannedRun> chain = [.. Runs.Skip(first).TakeWhile(run => (run.Chain, run.Back) == (Runs[first].Chain, Runs[first].Back))];
                yield return chain;
                first += chain.Count;
            }
        }
    }

    /// <summary>The reference's versions that the database has afterwards.</summary>
    public HashSet<long> Applied { get; } = [.. reconciliation.Applied];

    /// <summary>One script does the work of all <see cref="Runs"/>.</summary>
    public bool UsesBaseline { get; set; }

    public List<PreflightError> Errors { get; } = [];
    public List<string> Warnings { get; } = [];

    public void Refuse(string cause, string remedy, string? statement = null) => Errors.Add(new PreflightError(cause, remedy, statement));

    public bool IsEmpty => Runs.Count == 0 && !reconciliation.IsNeeded;

    /// <summary>How many versions run; repeatable migrations have none.</summary>
    public int Versions => Runs.Count(run => !run.IsRepeatable);
}

/// <summary>One version to be run in one direction, or a repeatable migration.</summary>
/// <param name="Migration">Null for a version that this program does not know; it can only go back, by the script that the database keeps.</param>
sealed record PlannedRun(Chain Chain, long Version, bool Back, MigrationFile Script, Migration? Migration)
{
    public string Name { get; init; } = Script.Name;

    public bool IsRepeatable => Script.IsRepeatable;

    public string Label => $"{(Chain is Chain.Own ? "teslamate " : "")}{(IsRepeatable ? $"R__{Name}" : $"{Version} {Name}")}";

    public string Schema => Chain is Chain.Own ? "teslamate" : "public";

    public static PlannedRun Forward(Chain chain, Migration migration) => new(chain, migration.Version, Back: false, migration.Up, migration);

    public static PlannedRun Of(MigrationFile file)
        => new(Chain.Own, MigrationFile.RepeatableVersion, Back: false, file, Migration: null);
}
