using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TeslaMate.Database.Migrations;

/// <summary>One version: the script that leads to it and the one that takes it back.</summary>
/// <param name="Version">14 digits for the reference's versions, small numbers for those of our own schema.</param>
sealed record Migration(long Version, MigrationFile Up, MigrationFile Down)
{
    public string Name => Up.Name;

    public override string ToString() => $"{Version} {Name}";
}

/// <summary>A piece of a script, in the order in which the pieces run.</summary>
abstract record ScriptPart
{
    ScriptPart() { }

    public sealed record Sql(string Text) : ScriptPart;

    /// <summary>A step written in C# (<see cref="TokenSteps"/>).</summary>
    public sealed record Step(string Name) : ScriptPart;

    /// <summary>
    /// A statement whose work <paramref name="Version"/> undoes: left out when that version follows in the same run, which then commits both and
    /// what is between them together.
    /// </summary>
    public sealed record UnlessPending(long Version, string Text) : ScriptPart;
}

/// <summary>A migration file: its text, and what its comment lines say to the engine (the folder's README lists them).</summary>
/// <param name="fileName">Without folder.</param>
/// <param name="text">Read when it is first asked for.</param>
sealed partial class MigrationFile(string fileName, Lazy<string> text)
{
    public MigrationFile(string fileName, string text)
        : this(fileName, new Lazy<string>(text))
    {
    }

    public string FileName => fileName;

    /// <summary>The file's label, words joined by <c>_</c>.</summary>
    public string Name => Path.GetFileNameWithoutExtension(fileName)[(fileName.IndexOf("__", StringComparison.Ordinal) + 2)..];

    /// <summary>The label as <c>changelog</c> holds it.</summary>
    public string Description => Name.Replace('_', ' ');

    /// <summary>Line ends of Windows are taken for those of Unix, as Evolve does.</summary>
    public string Text => field ??= text.Value.Replace("\r\n", "\n", StringComparison.Ordinal);

    public ScriptHead Head => field ??= ScriptHead.Read(Text);

    /// <exception cref="InvalidDataException">A condition has no statement.</exception>
    public IReadOnlyList<ScriptPart> Parts => field ??= [.. Part.Matches(Text + "\n").Select(Read).OfType<ScriptPart>()];

    /// <summary>Whether it makes views and functions of schema <c>teslamate</c>, which hold nothing and are made anew after any change.</summary>
    public bool IsRepeatable => fileName.StartsWith('R');

    /// <summary>The version under which <c>undo_scripts</c> keeps the names of what all repeatable migrations make; no file has it.</summary>
    public const long RepeatableVersion = 0;

    /// <summary>What a repeatable migration makes, without schema.</summary>
    public IEnumerable<string> Objects => Creation.Matches(Text).Select(match => match.Groups[1].Value).Distinct(StringComparer.Ordinal);

    /// <summary>Evolve's checksum: MD5 of the text as upper-case hexadecimal digits.</summary>
#pragma warning disable CA5351 // The checksum tells edits apart, it protects nothing; and it is Evolve's.
    public string Checksum => Convert.ToHexString(MD5.HashData(Encoding.UTF8.GetBytes(Text)));
#pragma warning restore CA5351

    ScriptPart? Read(Match part)
    {
        var (step, version, sql) = (part.Groups["step"].Value, part.Groups["version"].Value, part.Groups["sql"].Value);
        if (step.Length > 0)
            return new ScriptPart.Step(step);
        if (version.Length > 0 && sql.Length == 0)
            throw new InvalidDataException($"{fileName}: no statement follows \"-- unless pending: {version}\".");
        if (version.Length > 0)
            return new ScriptPart.UnlessPending(long.Parse(version, CultureInfo.InvariantCulture), sql);
        return sql.Split('\n').Any(line => line.AsSpan().Trim() is { Length: > 0 } code && !code.StartsWith("--")) ? new ScriptPart.Sql(sql) : null;
    }

    // A line of its own, such a line with the statement behind it, or all lines up to the next of these.
    [GeneratedRegex("""
        ^--[ ]step:[ ](?<step>\w[\w ]*\w)[ \t]*\n
        | ^--[ ]unless[ ]pending:[ ](?<version>\d+)[ \t]*\n (?<sql>(.*\n)*?.*;\n)?
        | (?<sql>(^(?!--[ ]step:[ ]\w[\w ]*\w[ \t]*\n | --[ ]unless[ ]pending:[ ]\d+[ \t]*\n).*\n)+)
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.Multiline)]
    static partial Regex Part { get; }

    [GeneratedRegex(
        @"\bcreate\s+(?:or\s+replace\s+)?(?:materialized\s+)?(?:view|function|procedure|aggregate)\s+(?:if\s+not\s+exists\s+)?teslamate\.(\w+)",
        RegexOptions.IgnoreCase)]
    static partial Regex Creation { get; }
}
