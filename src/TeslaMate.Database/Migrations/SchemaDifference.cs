namespace TeslaMate.Database.Migrations;

public enum DifferenceKind
{
    /// <summary>Something that the schema's versions imply is not there.</summary>
    Missing,

    /// <summary>It is there, but not as it should be.</summary>
    Wrong,

    /// <summary>Somebody added it to a table of ours; nothing is wrong with that until a migration needs the name or changes what it uses.</summary>
    Extra,
}

/// <summary>A way in which a database is not what its versions should have made it.</summary>
/// <param name="Description">In words, with names.</param>
/// <param name="Repair">The statement that mends it; null where there is no simple one.</param>
public sealed record SchemaDifference(DifferenceKind Kind, string Description, string? Repair)
{
    internal static IReadOnlyList<SchemaDifference> Between(SchemaFacts expected, SchemaFacts live)
    {
        List<SchemaDifference> differences = [];
        var missingTables = expected.Values.Where(fact => fact.Kind == "table" && !live.ContainsKey(fact.Key)).Select(fact => fact.Name).ToHashSet();
        foreach (var fact in expected.Values.OrderBy(fact => fact.Name, StringComparer.Ordinal))
        {
            // What belongs to a missing table goes without saying.
            if (fact.Table is { } table && missingTables.Contains(table))
                continue;
            if (!live.TryGetValue(fact.Key, out var there))
            {
                differences.Add(new(DifferenceKind.Missing, $"{Called(fact)} is missing", Creation(fact)));
            }
            else if (there.Detail != fact.Detail)
            {
                differences.Add(new(DifferenceKind.Wrong, $"{Called(fact)} is \"{there.Detail}\", should be \"{fact.Detail}\"",
                    Correction(fact, there)));
            }
        }

        // Tables, views and functions of others are none of our business; what hangs on our tables is.
        foreach (var fact in live.Values.Where(fact => !expected.ContainsKey(fact.Key) && expected.HasTable(fact.Table))
            .OrderBy(fact => fact.Name, StringComparer.Ordinal))
            differences.Add(new(DifferenceKind.Extra, $"extra {Called(fact)} ({fact.Detail})", null));
        return differences;
    }

    static string Called(SchemaFact fact) => fact.Kind switch
    {
        "column" or "constraint" => $"{fact.Kind} {fact.ShortName} of table {fact.Table}",
        "index" => $"index {fact.ShortName} on {fact.Table}",
        "trigger" => $"trigger {fact.ShortName.Split(' ')[^1]} on {fact.Table}",
        _ => $"{fact.Kind} {fact.Name}",
    };

    static string? Creation(SchemaFact fact) => fact.Kind switch
    {
        "column" => $"alter table {fact.Table} add column {fact.ShortName} {fact.Detail};",
        "constraint" => $"alter table {fact.Table} add constraint {fact.ShortName} {fact.Detail};",
        "index" => $"{fact.Detail};",
        "schema" => $"create schema {fact.Name};",
        "extension" => $"create extension {fact.Name} with schema public;",
        "enum" => $"create type {fact.Name} as enum ({string.Join(", ", fact.Detail.Split(", ").Select(label => $"'{label}'"))});",
        _ => null,
    };

    static string? Correction(SchemaFact expected, SchemaFact live)
    {
        if (expected.Kind is "index")
            return $"drop index {expected.Name}; {expected.Detail};";
        if (expected.Kind is "constraint")
            return $"alter table {expected.Table} drop constraint {expected.ShortName}; alter table {expected.Table} add constraint "
                + $"{expected.ShortName} {expected.Detail};";
        if (expected.Kind is not "column")
            return null;
        var (type, isRequired, fallback) = expected.Column;
        var (liveType, liveRequired, liveFallback) = live.Column;
        List<string> changes = [];
        if (type != liveType)
            changes.Add($"alter {expected.ShortName} type {type}");
        if (isRequired != liveRequired)
            changes.Add($"alter {expected.ShortName} {(isRequired ? "set" : "drop")} not null");
        if (fallback != liveFallback)
            changes.Add(fallback is null ? $"alter {expected.ShortName} drop default" : $"alter {expected.ShortName} set default {fallback}");
        return $"alter table {expected.Table} {string.Join(", ", changes)};";
    }
}
