using System.Globalization;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Database.Schemas;

/// <summary>What a version takes from the schema and what it gives to it.</summary>
sealed record SchemaChange(long Version, IReadOnlyList<SchemaFact> Gone, IReadOnlyList<SchemaFact> Come);

/// <summary>The schema that each version leads to, recorded from the reference in <c>schemas.txt</c> as the lines that change.</summary>
sealed class ExpectedSchema(IReadOnlyList<SchemaChange> changes)
{
    static readonly Lazy<ExpectedSchema> Embedded = new(() => Parse(MigrationFolder.Text("schemas.txt")));

    public static ExpectedSchema Recorded => Embedded.Value;

    /// <summary>All that any version ever made.</summary>
    public IEnumerable<SchemaFact> Ever => changes.SelectMany(change => change.Come);

    public SchemaChange ChangeOf(long version, bool back = false)
    {
        var change = changes.FirstOrDefault(change => change.Version == version) ?? new SchemaChange(version, [], []);
        return back ? new SchemaChange(version, change.Come, change.Gone) : change;
    }

    /// <summary>What a database with these versions has, be there gaps or not.</summary>
    public SchemaFacts At(IEnumerable<long> versions)
    {
        var applied = versions.ToHashSet();
        SchemaFacts facts = new() { new SchemaFact("schema", "public", null, "") };
        foreach (var change in changes.Where(change => applied.Contains(change.Version)))
        {
            foreach (var gone in change.Gone)
                facts.Remove(gone.Key);
            foreach (var come in change.Come)
                facts.Add(come);
        }

        return facts;
    }

    /// <summary>
    /// Of <paramref name="doubtful"/> versions (oldest first) those whose work a live schema shows, given the versions it has for sure. Migrations
    /// go up and down in order, so the ones that are there are the older ones: as many of them as bring the expected schema nearest to the live one.
    /// A version without visible work after the last of these counts as not there, since to run it again does no harm.
    /// </summary>
    public IReadOnlyList<long> ShownIn(SchemaFacts live, IReadOnlyCollection<long> certain, IReadOnlyList<long> doubtful)
    {
        var count = Enumerable.Range(0, doubtful.Count + 1).MinBy(count => Distance(doubtful.Take(count)));
        List<long> shown = [.. doubtful.Take(count)];
        // One that is not there may stand between others that are.
        var distance = Distance(shown);
        return [.. shown.Where(version => Distance(shown.Where(other => other != version)) >= distance)];

        // Less what the live schema has beyond the expected one, which differs only by a constant.
        int Distance(IEnumerable<long> others)
        {
            var expected = At(certain.Concat(others));
            return expected.Count - 2 * expected.Values.Count(fact => live.GetValueOrDefault(fact.Key)?.Detail == fact.Detail);
        }
    }

    static ExpectedSchema Parse(string text)
    {
        List<SchemaChange> changes = [];
        List<SchemaFact> gone = [], come = [];
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("@ ", StringComparison.Ordinal))
                changes.Add(new SchemaChange(long.Parse(line.AsSpan(2), CultureInfo.InvariantCulture), gone = [], come = []));
            else if (line is ['-' or '+', ' ', ..])
                (line[0] == '-' ? gone : come).Add(SchemaFact.Parse(line[2..]));
        }

        // A column that only moved to another place is not a change here.
        return new ExpectedSchema([.. changes.Select(change => new SchemaChange(
            change.Version, [.. change.Gone.Except(change.Come)], [.. change.Come.Except(change.Gone)]))]);
    }
}
