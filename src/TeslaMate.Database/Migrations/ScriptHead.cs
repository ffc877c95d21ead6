using System.Text.RegularExpressions;

namespace TeslaMate.Database.Migrations;

/// <summary>A lock that a script needs on a table that was there before.</summary>
/// <param name="Mode">PostgreSQL's name in lower case, such as <c>access exclusive</c>.</param>
readonly record struct TableLock(string Mode, string Table);

/// <summary>The comment lines that a script begins with; the folder's README lists them.</summary>
/// <param name="Locks">In the order in which they are taken.</param>
sealed partial record ScriptHead(string Summary, IReadOnlyList<string> Rewrites, IReadOnlyList<string> Scans, IReadOnlyList<TableLock> Locks,
    IReadOnlyList<string> Loses)
{
    // Weakest first, as in PostgreSQL's manual.
    static readonly string[] Modes =
    [
        "access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive", "exclusive", "access exclusive",
    ];

    public TableLock? StrongestLock => Locks.Count == 0 ? null : Locks.MaxBy(Strength);

    /// <summary>One lock per table, the strongest of it, in the order in which the tables come.</summary>
    public static IReadOnlyList<TableLock> Strongest(IEnumerable<TableLock> locks)
        => [.. locks.GroupBy(held => held.Table).Select(table => table.MaxBy(Strength))];

    /// <summary>A table's name as it is found whatever the search path.</summary>
    public static string Qualified(string table) => table.Contains('.', StringComparison.Ordinal) ? table : $"public.{table}";

    public static ScriptHead Read(string text)
    {
        var comments = text.Split('\n').TakeWhile(line => line.Length == 0 || line.StartsWith("--", StringComparison.Ordinal))
            .Select(line => Comment.Match(line).Groups).ToLookup(groups => groups["key"].Value, groups => groups["text"].Value);
        return new ScriptHead(string.Join(' ', comments[""].Where(line => line.Length > 0)), Tables("Rewrites"), Tables("Scans"),
            [.. comments["Locks"].SelectMany(ReadLocks)], [.. comments["Loses"]]);

        List<string> Tables(string key) => [.. comments[key].SelectMany(Items).Where(name => Name.IsMatch(name))];
    }

    static int Strength(TableLock held) => Array.IndexOf(Modes, held.Mode);

    static string[] Items(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    static IEnumerable<TableLock> ReadLocks(string list)
    {
        var mode = "access exclusive";
        foreach (var item in Items(list.ToLowerInvariant()))
        {
            // "access exclusive on positions, charges": a name alone has the mode before it.
            var on = item.LastIndexOf(" on ", StringComparison.Ordinal);
            if (on >= 0)
                mode = item[..on].Trim();
            var table = on >= 0 ? item[(on + 4)..].Trim() : item;
            if (Modes.Contains(mode) && Name.IsMatch(table))
                yield return new TableLock(mode, table);
        }
    }

    [GeneratedRegex(@"^-*\s*((?<key>Rewrites|Scans|Locks|Loses|step|unless pending):\s*)?(?<text>.*?)\s*$")]
    static partial Regex Comment { get; }

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$")]
    static partial Regex Name { get; }
}
