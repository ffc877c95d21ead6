using TeslaMate.Database.Schemas;

namespace TeslaMate.Database.Migrations;

/// <summary>Finds names that a planned version gives to something new and that somebody has given away already.</summary>
static class NameCheck
{
    // Relations of one schema share their names, whatever kind they are.
    static readonly string[] Relations = ["table", "index", "sequence", "view", "materialized view", "partitioned table", "relation"];

    public static void Run(Plan plan, IReadOnlyList<PlannedChange> changes, SchemaFacts live)
    {
        var expected = ExpectedSchema.Recorded.At(plan.Reconciliation.Applied);
        var relations = live.Values.Where(fact => Relations.Contains(fact.Kind)).ToLookup(fact => fact.Name);
        HashSet<(string, string)> reported = [];
        foreach (var change in changes)
        {
            foreach (var come in change.Change.Come.Where(
                come => !expected.ContainsKey(come.Key) && come.Kind is not ("schema" or "extension" or "other")))
            {
                var there = come.Kind is "column" or "constraint"
                    ? live.GetValueOrDefault((come.Kind, $"{change.Trail.Origin(come.Table!)}.{come.ShortName}"))
                    : Relations.Contains(come.Kind) ? relations[come.Name].FirstOrDefault() : live.GetValueOrDefault(come.Key);
                // What is there under this name by right is renamed or dropped before.
                if (there is null || expected.ContainsKey(there.Key) || !reported.Add(there.Key))
                    continue;
                plan.Refuse($"Version {change.Run.Label} makes {Article(come)} {Called(come)}, but {Article(there)} of that name is there already: "
                        + $"{Described(there)}.",
                    Remedy(there));
            }
        }
    }

    static string Article(SchemaFact fact) => fact.Kind is "index" or "enum" ? $"an {fact.Kind}" : $"a {fact.Kind}";

    static string Called(SchemaFact fact) => fact.Table is null || fact.Kind is "index" ? fact.Name : $"{fact.ShortName} in {fact.Table}";

    static string Described(SchemaFact fact) => fact.Kind is "index" ? fact.Detail : $"{fact.Name} {fact.Detail}".Trim();

    static string Remedy(SchemaFact there) => there.Kind switch
    {
        // What holds rows is never proposed to be dropped.
        "column" => $"Rename it (alter table {there.Table} rename {there.ShortName} to my_{there.ShortName.Trim('"')};).",
        "table" or "partitioned table" or "materialized view" or "sequence" or "relation" =>
            $"Rename it (alter {(there.Kind is "partitioned table" or "relation" ? "table" : there.Kind)} {there.Name} rename to "
                + $"my_{there.ShortName.Trim('"')};).",
        "constraint" => $"Drop it (alter table {there.Table} drop constraint {there.ShortName};).",
        "enum" => $"Rename it (alter type {there.Name} rename to my_{there.ShortName};) or drop it (drop type {there.Name};).",
        var kind => $"Rename it (alter {kind} {there.Name} rename to my_{there.ShortName.Trim('"')};) or drop it (drop {kind} {there.Name};).",
    };
}
