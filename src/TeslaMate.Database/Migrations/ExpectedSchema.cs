using System.Globalization;

namespace TeslaMate.Database.Migrations;

/// <summary>What a version takes from the schema and what it gives to it.</summary>
sealed record SchemaChange(long Version, IReadOnlyList<SchemaFact> Gone, IReadOnlyList<SchemaFact> Come)
{
    public SchemaChange Reversed => new(Version, Come, Gone);
}

/// <summary>The schema that each version leads to, recorded from the reference in <c>schemas.txt</c> as the lines that change.</summary>
sealed class ExpectedSchema(IReadOnlyList<SchemaChange> changes)
{
    static readonly Lazy<ExpectedSchema> Embedded = new(() => Parse(MigrationFolder.Text("schemas.txt")));

    public static ExpectedSchema Recorded => Embedded.Value;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<SchemaChange> Changes => changes;

    public SchemaChange ChangeOf(long version) => changes.FirstOrDefault(change => change.Version == version) ?? new SchemaChange(version, [], []);

    /// <summary>What a database with these versions has, be there gaps or not.</summary>
    public IReadOnlyDictionary<(string Kind, string Name), SchemaFact> At(IEnumerable<long> versions)
    {
        var applied = versions.ToHashSet();
        Dictionary<(string, string), SchemaFact> facts = new() { [("schema", "public")] = new("schema", "public", null, "") };
        foreach (var change in changes.Where(change => applied.Contains(change.Version)))
        {
            foreach (var gone in change.Gone)
                facts.Remove(gone.Key);
            foreach (var come in change.Come)
                facts[come.Key] = come;
        }

        return facts;
    }

    /// <summary>Whether a live schema shows the work of <paramref name="version"/>, given the other versions it has. A version without visible work does not show.</summary>
    public bool ShowsIn(IReadOnlyDictionary<(string Kind, string Name), SchemaFact> live, IEnumerable<long> others, long version)
    {
        var without = At(others);
        var work = At(others.Append(version)).Values.Where(fact => !without.TryGetValue(fact.Key, out var same) || same != fact).ToList();
        return work.Count > 0 && work.All(fact => live.TryGetValue(fact.Key, out var there) && there.Detail == fact.Detail);
    }

    static ExpectedSchema Parse(string text)
    {
        List<SchemaChange> changes = [];
        List<SchemaFact> gone = [], come = [];
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("@ ", StringComparison.Ordinal))
                changes.Add(new SchemaChange(long.Parse(line.AsSpan(2), CultureInfo.InvariantCulture), gone = [], come = []));
            else if (line.StartsWith("- ", StringComparison.Ordinal))
                gone.Add(SchemaFact.Parse(line[2..]));
            else if (line.StartsWith("+ ", StringComparison.Ordinal))
                come.Add(SchemaFact.Parse(line[2..]));
        }

        // A column that only moved to another place is not a change here.
        return new ExpectedSchema([.. changes.Select(change => new SchemaChange(
            change.Version, [.. change.Gone.Except(change.Come)], [.. change.Come.Except(change.Gone)]))]);
    }
}
