namespace TeslaMate.Database.Schemas;

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
    internal static IReadOnlyList<SchemaDifference> Between(SchemaFacts expected, SchemaFacts live) =>
    [
        .. from fact in expected.Values.OrderBy(fact => fact.Name, StringComparer.Ordinal)
           // What belongs to a missing table goes without saying.
           where !expected.HasTable(fact.Table) || live.HasTable(fact.Table)
           let there = live.GetValueOrDefault(fact.Key)
           where there?.Detail != fact.Detail
           select there is null ? new SchemaDifference(DifferenceKind.Missing, $"{Called(fact)} is missing", Creation(fact))
               : new SchemaDifference(
                   DifferenceKind.Wrong, $"{Called(fact)} is \"{there.Detail}\", should be \"{fact.Detail}\"", Correction(fact, there)),
        // Tables, views and functions of others are none of our business; what hangs on our tables is.
        .. from fact in live.Values.OrderBy(fact => fact.Name, StringComparer.Ordinal)
           where !expected.ContainsKey(fact.Key) && expected.HasTable(fact.Table)
           select new SchemaDifference(DifferenceKind.Extra, $"extra {Called(fact)} ({fact.Detail})", null),
    ];

    static string Called(SchemaFact fact) => fact.Kind switch
    {
        "column" or "constraint" => $"{fact.Kind} {fact.ShortName} of table {fact.Table}",
        "index" => $"index {fact.ShortName} on {fact.Table}",
        "trigger" => $"trigger {fact.ShortName.Split(' ')[^1]} on {fact.Table}",
        _ => $"{fact.Kind} {fact.Name}",
    };

    static string? Creation(SchemaFact fact) => fact.Kind switch
    {
        "column" or "constraint" => $"alter table {fact.Table} add {fact.Kind} {fact.ShortName} {fact.Detail};",
        "index" => $"{fact.Detail};",
        "schema" => $"create schema {fact.Name};",
        "extension" => $"create extension {fact.Name} with schema public;",
        "enum" => $"create type {fact.Name} as enum ({string.Join(", ", fact.Detail.Split(", ").Select(label => $"'{label}'"))});",
        _ => null,
    };

    static string? Correction(SchemaFact expected, SchemaFact live) => expected.Kind switch
    {
        "index" => $"drop index {expected.Name}; {Creation(expected)}",
        "constraint" => $"alter table {expected.Table} drop constraint {expected.ShortName}; {Creation(expected)}",
        "column" => $"alter table {expected.Table} {string.Join(", ", Changes(live.Column, expected.Column)
            .Select(change => $"alter {expected.ShortName} {change}"))};",
        _ => null,
    };

    static IEnumerable<string> Changes((string Type, bool IsRequired, string? Default) from, (string Type, bool IsRequired, string? Default) to)
    {
        if (from.Type != to.Type)
            yield return $"type {to.Type}";
        if (from.IsRequired != to.IsRequired)
            yield return to.IsRequired ? "set not null" : "drop not null";
        if (from.Default != to.Default)
            yield return to.Default is null ? "drop default" : $"set default {to.Default}";
    }
}
