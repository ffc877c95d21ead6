using System.Globalization;
using System.Text.RegularExpressions;
using TeslaMate.Configuration;

namespace TeslaMate.Backups;

/// <summary>
/// What a restore does with a command of a dump. Closed. Whatever is not among what <c>pg_dump</c> writes for such a database is refused.
/// </summary>
abstract partial record DumpStatement
{
    DumpStatement() { }

    /// <summary>Nothing: it is about another server, about sessions, owners or databases, or about what the new database has already.</summary>
    public sealed record Ignored : DumpStatement;

    /// <summary>
    /// It makes or changes an object of the database. The server gets it as it is, as one command and from a role that may not leave the database.
    /// </summary>
    public sealed record Definition(string Sql) : DumpStatement;

    /// <summary>
    /// A function. Its body runs with the rights of the role that loads it as soon as something of the dump calls it.
    /// </summary>
    /// <param name="Head">What stands before the body.</param>
    /// <param name="Body">Null where it is not written as <c>pg_dump</c> writes those of this program and of the reference.</param>
    public sealed record Function(string Sql, string Head, string? Body) : DumpStatement;

    /// <summary>What runs by itself when rows are read or written: a trigger, a rule, an operator and the like. No migration makes any.</summary>
    /// <param name="Kind">In lower case.</param>
    public sealed record Hook(string Sql, string Kind) : DumpStatement;

    /// <summary>An index or a constraint, which takes long and can be made beside others.</summary>
    /// <param name="Tables">The tables that it locks.</param>
    /// <param name="IsShared">Whether others of its kind may be made on the same table at the same time.</param>
    public sealed record Index(string Sql, IReadOnlyList<string> Tables, bool IsShared, bool IsForeignKey) : DumpStatement;

    /// <summary>Rows follow in the dump's text. <paramref name="Sql"/> is made anew from names.</summary>
    public sealed record Rows(string Sql) : DumpStatement;

    /// <summary>Rows inside of the command.</summary>
    public sealed record Insert(string Sql) : DumpStatement;

    /// <summary>A right of another role, which may not exist here.</summary>
    public sealed record Grant(string Sql) : DumpStatement;

    /// <summary>How far a sequence has counted.</summary>
    public sealed record SequenceValue(string Sequence, long Value, bool IsCalled) : DumpStatement;

    /// <summary>What no backup of this program's database needs.</summary>
    public sealed record Refused(string Why) : DumpStatement;

    /// <summary>In letters; those of this program are far shorter.</summary>
    const int LongestFunction = 100_000;

    static readonly HashSet<string> Creatable = new(StringComparer.Ordinal)
    {
        "COLLATION", "DOMAIN", "SCHEMA", "SEQUENCE", "STATISTICS", "TABLE", "TYPE", "VIEW",
    };

    static readonly HashSet<string> Hooks = new(StringComparer.Ordinal) { "AGGREGATE", "CAST", "OPERATOR", "POLICY", "RULE", "TRIGGER" };

    static readonly HashSet<string> Alterable = new(StringComparer.Ordinal)
    {
        "AGGREGATE", "COLLATION", "DOMAIN", "FUNCTION", "INDEX", "MATERIALIZED", "OPERATOR", "POLICY", "PROCEDURE", "RULE", "SCHEMA", "SEQUENCE",
        "STATISTICS", "TABLE", "TRIGGER",
        "TYPE", "VIEW",
    };

    /// <summary>Words between <c>CREATE</c> and the kind of what is made.</summary>
    static readonly HashSet<string> Adjectives = new(StringComparer.Ordinal) { "OR", "REPLACE", "UNLOGGED", "UNIQUE", "MATERIALIZED", "CONSTRAINT",
        "RECURSIVE" };

    /// <summary>About servers, roles or other databases; <c>pg_dump</c> writes them beside what is asked for.</summary>
    static readonly HashSet<string> Elsewhere = new(StringComparer.Ordinal) { "DATABASE", "EXTENSION", "PUBLICATION", "SUBSCRIPTION" };

    public static DumpStatement Of(string sql)
    {
        var words = Words(sql);
        string At(int index) => index < words.Count ? words[index] : "";
        switch (At(0))
        {
            case "SET":
                return Setting(sql);
            case "RESET" or "BEGIN" or "COMMIT" or "START" or "DROP" or "SECURITY" or "ANALYZE":
                return new Ignored();
            case "SELECT":
                return Selection(sql);
            case "COPY":
                return Copy(sql);
            case "INSERT" when At(1) == "INTO":
                return new Insert(sql);
            case "REFRESH" when At(1) == "MATERIALIZED":
                return new Definition(sql);
            case "COMMENT":
                return Elsewhere.Contains(At(2)) || IsSchemaPublic(2) ? new Ignored() : new Definition(sql);
            case "GRANT" or "REVOKE":
                return words.Contains("ON") ? new Grant(sql) : Unknown(sql);
            case "CREATE":
                var kind = 1;
                while (Adjectives.Contains(At(kind)))
                    kind++;
                if (Elsewhere.Contains(At(kind)) || IsSchemaPublic(kind))
                    return new Ignored();
                return At(kind) switch
                {
                    "INDEX" => IndexOf(sql),
                    "FUNCTION" or "PROCEDURE" => FunctionOf(sql),
                    var hook when Hooks.Contains(hook) => new Hook(sql, hook.ToLowerInvariant()),
                    var other => Creatable.Contains(other) ? new Definition(sql) : Unknown(sql),
                };
            case "ALTER":
                if (Elsewhere.Contains(At(1)) || IsSchemaPublic(1) || (At(1), At(2)) is ("DEFAULT", "PRIVILEGES") or ("LARGE", "OBJECT")
                    || OwnerTo().IsMatch(sql))
                    return new Ignored();
                if (!Alterable.Contains(At(1)))
                    return Unknown(sql);
                return Cleaning().IsMatch(sql) || TriggerSwitch().IsMatch(sql) ? new Ignored()
                    : Constraint(sql) ?? (DumpStatement)new Definition(sql);
            default:
                return Unknown(sql);
        }

        bool IsSchemaPublic(int index) => At(index) == "SCHEMA" && (At(index + 1) == "PUBLIC" || (At(index + 1), At(index + 4)) is ("IF", "PUBLIC"));
    }

    static Refused Unknown(string sql)
        => new Refused($"it holds a command that no backup of TeslaMate's needs: {Printable(sql)}");

    /// <summary>A piece of a dump, fit for a terminal: on one line, without control characters, not much of it.</summary>
    public static string Printable(string sql) => VisibleText.OnOneLine(sql, most: 100);

    static DumpStatement Setting(string sql)
    {
        if (ClientEncoding().Match(sql) is { Success: true } encoding
            && encoding.Groups[1].Value.Replace("-", "", StringComparison.Ordinal).ToUpperInvariant() is not ("UTF8" or "UNICODE" or "SQL_ASCII"))
            return new Refused($"it is in the encoding {Printable(encoding.Groups[1].Value)}. Make it with: pg_dump --encoding=UTF8");
        if (StandardStrings().Match(sql) is { Success: true } strings && strings.Groups[1].Value.ToUpperInvariant() is not ("ON" or "TRUE" or "1"))
            return new Refused("it was made by a server with standard_conforming_strings = off. Make it with: PGOPTIONS='-c "
                + "standard_conforming_strings=on' pg_dump");
        return new Ignored();
    }

    static DumpStatement Selection(string sql)
    {
        if (SearchPath().IsMatch(sql))
            return new Ignored();
        return SetValue().Match(sql) is { Success: true } match && long.TryParse(match.Groups[2].Value, CultureInfo.InvariantCulture, out var value)
            ? new SequenceValue(match.Groups[1].Value.Replace("''", "'", StringComparison.Ordinal), value, match.Groups[3].Value == "true")
            : Unknown(sql);
    }

    static DumpStatement Copy(string sql)
    {
        if (CopyFromInput().Match(sql) is not { Success: true } match)
            return Unknown(sql);
        var columns = match.Groups[2].Success ? $" ({match.Groups[2].Value})" : "";
        return new Rows($"COPY {match.Groups[1].Value}{columns} FROM STDIN");
    }

    static Function FunctionOf(string sql)
        => sql.Length <= LongestFunction && BodyAtEnd().Match(sql) is { Success: true } match
            ? new Function(sql, sql[..match.Groups[1].Index], match.Groups[3].Success ? match.Groups[3].Value
                : match.Groups[4].Value.Replace("''", "'", StringComparison.Ordinal))
            : new Function(sql, sql, Body: null);

    static DumpStatement IndexOf(string sql)
        => IndexOnTable().Match(sql) is { Success: true } match
            ? new Index(sql, [match.Groups[1].Value], IsShared: true, IsForeignKey: false)
            : new Definition(sql);

    static Index? Constraint(string sql)
    {
        if (AddedConstraint().Match(sql) is not { Success: true } match)
            return null;
        var isForeign = match.Groups[3].Success;
        return new Index(sql, isForeign ? [match.Groups[1].Value, match.Groups[3].Value] : [match.Groups[1].Value], IsShared: false, isForeign);
    }

    /// <summary>The first words of a command as upper-case keywords; quoted names and everything else in between are passed over.</summary>
    static List<string> Words(string sql)
        => [.. Word().Matches(sql).Take(60).Select(match => match.Value is ['"', ..] quoted ? quoted : match.Value.ToUpperInvariant())];

    // A name as pg_dump writes it: with its schema, each part quoted where that is needed.
    const string Part = """(?:[A-Za-z_\u0080-\uFFFF][\w$\u0080-\uFFFF]*|"(?:[^"]|"")+")""";
    const string Name = $@"{Part}(?:\.{Part})?";

    [GeneratedRegex("""[A-Za-z_]+|"(?:[^"]|"")*"|'(?:[^']|'')*'""")]
    private static partial Regex Word();

    [GeneratedRegex(@"^SET\s+(?:SESSION\s+|LOCAL\s+)?client_encoding\s*(?:=|TO)\s*'?([\w-]+)'?$", RegexOptions.IgnoreCase)]
    private static partial Regex ClientEncoding();

    [GeneratedRegex(@"^SET\s+(?:SESSION\s+|LOCAL\s+)?standard_conforming_strings\s*(?:=|TO)\s*'?(\w+)'?$", RegexOptions.IgnoreCase)]
    private static partial Regex StandardStrings();

    [GeneratedRegex(@"^SELECT\s+pg_catalog\.set_config\('search_path',\s*'[^']*',\s*false\)$")]
    private static partial Regex SearchPath();

    [GeneratedRegex(@"^SELECT\s+pg_catalog\.setval\('((?:[^']|'')+)',\s*(-?\d+),\s*(true|false)\)$")]
    private static partial Regex SetValue();

    [GeneratedRegex($@"^COPY\s+({Name})(?:\s+\(({Part}(?:,\s*{Part})*)\))?\s+FROM\s+stdin$", RegexOptions.IgnoreCase)]
    private static partial Regex CopyFromInput();

    [GeneratedRegex($@"^CREATE\s+(?:UNIQUE\s+)?INDEX\s+{Name}\s+ON\s+(?:ONLY\s+)?({Name})\s", RegexOptions.IgnoreCase)]
    private static partial Regex IndexOnTable();

    [GeneratedRegex(
        $@"^ALTER\s+TABLE\s+(?:ONLY\s+)?({Name})\s+ADD\s+CONSTRAINT\s+{Part}\s+"
            + $@"(PRIMARY\s+KEY|UNIQUE|EXCLUDE|FOREIGN\s+KEY\s+\([^()]*\)\s+REFERENCES\s+({Name}))[\s(]",
        RegexOptions.IgnoreCase)]
    private static partial Regex AddedConstraint();

    // The body is the last thing that pg_dump writes.
    [GeneratedRegex(@"\sAS\s+((\$\w*\$)(.*?)\2|'((?:[^']|'')*)')$", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex BodyAtEnd();

    [GeneratedRegex($@"\sOWNER\s+TO\s+{Part}$", RegexOptions.IgnoreCase)]
    private static partial Regex OwnerTo();

    [GeneratedRegex($@"^ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{Name}\s+(?:DROP\s+CONSTRAINT\s|ALTER\s+COLUMN\s+{Part}\s+DROP\s+DEFAULT$)",
        RegexOptions.IgnoreCase)]
    private static partial Regex Cleaning();

    [GeneratedRegex($@"^ALTER\s+TABLE\s+(?:ONLY\s+)?{Name}\s+(?:DISABLE|ENABLE)\s+TRIGGER\s+ALL$", RegexOptions.IgnoreCase)]
    private static partial Regex TriggerSwitch();
}
