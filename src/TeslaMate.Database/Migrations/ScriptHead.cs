using System.Text.RegularExpressions;

namespace TeslaMate.Database.Migrations;

/// <summary>A lock that a script needs on a table that was there before.</summary>
/// <param name="Mode">PostgreSQL's name in lower case, such as <c>access exclusive</c>.</param>
readonly record struct TableLock(string Mode, string Table);

/// <summary>The comment lines that a script begins with.</summary>
/// <param name="Summary">Why the change is made and what it does to rows, for people.</param>
/// <param name="Rewrites">Tables that are written anew.</param>
/// <param name="Scans">Tables that are read completely.</param>
/// <param name="Locks">In the order in which they are taken.</param>
/// <param name="Loses">What does not come back, one sentence each.</param>
sealed partial record ScriptHead(string Summary, IReadOnlyList<string> Rewrites, IReadOnlyList<string> Scans, IReadOnlyList<TableLock> Locks,
    IReadOnlyList<string> Loses)
{
    // Weakest first, as in PostgreSQL's manual.
    static readonly string[] Modes =
    [
        "access share", "row share", "row exclusive", "share update exclusive", "share", "share row exclusive", "exclusive", "access exclusive",
    ];

    /// <summary>The strongest of the locks; null when there is none.</summary>
    public TableLock? StrongestLock => Locks.Count == 0 ? null : Locks.MaxBy(held => Array.IndexOf(Modes, held.Mode));

    /// <summary>One lock per table, the strongest of it, in the order in which the tables come.</summary>
    public static IReadOnlyList<TableLock> Strongest(IEnumerable<TableLock> locks)
        => [.. locks.GroupBy(held => held.Table).Select(table => table.MaxBy(held => Array.IndexOf(Modes, held.Mode)))];

    /// <summary>A table's name as it is found whatever the search path.</summary>
    public static string Qualified(string table) => table.Contains('.', StringComparison.Ordinal) ? table : $"public.{table}";

    public static ScriptHead Read(string text)
    {
        List<string> summary = [], rewrites = [], scans = [], loses = [];
        List<TableLock> locks = [];
        foreach (var line in text.Split('\n').TakeWhile(line => line.StartsWith("--", StringComparison.Ordinal) || line.Length == 0))
        {
            var comment = line.TrimStart('-').Trim();
            if (comment.StartsWith("Rewrites:", StringComparison.Ordinal))
                rewrites.AddRange(Names(comment[9..]));
            else if (comment.StartsWith("Scans:", StringComparison.Ordinal))
                scans.AddRange(Names(comment[6..]));
            else if (comment.StartsWith("Loses:", StringComparison.Ordinal))
                loses.Add(comment[6..].Trim());
            else if (comment.StartsWith("Locks:", StringComparison.Ordinal))
                locks.AddRange(ReadLocks(comment[6..]));
            else if (comment.Length > 0 && !comment.StartsWith("step:", StringComparison.Ordinal)
                && !comment.StartsWith("unless pending:", StringComparison.Ordinal))
                summary.Add(comment);
        }

        return new ScriptHead(string.Join(' ', summary), rewrites, scans, locks, loses);
    }

    static IEnumerable<string> Names(string list)
        => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(name => Name.IsMatch(name));

    static IEnumerable<TableLock> ReadLocks(string list)
    {
        var mode = "access exclusive";
        foreach (var item in list.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
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

    [GeneratedRegex(@"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$")]
    static partial Regex Name { get; }
}
