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
    /// <param name="fileName">Without folder.</param>
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
    public IReadOnlyList<ScriptPart> Parts => field ??= ReadParts(fileName, Text);

    /// <summary>Evolve's checksum: MD5 of the text as upper-case hexadecimal digits.</summary>
#pragma warning disable CA5351 // The checksum tells edits apart, it protects nothing; and it is Evolve's.
    public string Checksum => Convert.ToHexString(MD5.HashData(Encoding.UTF8.GetBytes(Text)));
#pragma warning restore CA5351

    static List<ScriptPart> ReadParts(string fileName, string text)
    {
        var parts = new List<ScriptPart>();
        var lines = new StringBuilder();
        long? unless = null;
        foreach (var line in text.Split('\n'))
        {
            if (StepLine.Match(line) is { Success: true } step)
            {
                KeepSql();
                parts.Add(new ScriptPart.Step(step.Groups[1].Value));
                continue;
            }

            if (UnlessLine.Match(line) is { Success: true } condition)
            {
                KeepSql();
                unless = long.Parse(condition.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                continue;
            }

            lines.Append(line).Append('\n');
            if (unless is { } version && line.EndsWith(';'))
            {
                parts.Add(new ScriptPart.UnlessPending(version, lines.ToString()));
                lines.Clear();
                unless = null;
            }
        }

        if (unless is { } open)
            throw new InvalidDataException($"{fileName}: no statement follows \"-- unless pending: {open}\".");
        KeepSql();
        return parts;

        void KeepSql()
        {
            var sql = lines.ToString();
            lines.Clear();
            if (sql.Split('\n').Any(line => line.AsSpan().Trim() is { Length: > 0 } code && !code.StartsWith("--")))
                parts.Add(new ScriptPart.Sql(sql));
        }
    }

    [GeneratedRegex(@"^-- step: (\w[\w ]*\w)\s*$")]
    static partial Regex StepLine { get; }

    [GeneratedRegex(@"^-- unless pending: (\d+)\s*$")]
    static partial Regex UnlessLine { get; }
}
