using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace TeslaMate.Database.Migrations;

/// <summary>One version: the script that leads to it and the one that takes it back.</summary>
/// <param name="Version">14 digits for the reference's versions, small numbers for those of our own schema.</param>
/// <param name="Name">The file's label, words joined by <c>_</c>.</param>
sealed record Migration(long Version, string Name, MigrationFile Up, MigrationFile Down)
{
    /// <summary>The label as <c>changelog</c> holds it.</summary>
    public string Description => Name.Replace('_', ' ');

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
sealed partial class MigrationFile
{
    readonly Lazy<ScriptHead> _head;
    readonly Lazy<IReadOnlyList<ScriptPart>> _parts;

    /// <param name="fileName">Without folder.</param>
    /// <param name="text">The file's text; line ends of Windows are taken for those of Unix, as Evolve does.</param>
    public MigrationFile(string fileName, string text)
    {
        FileName = fileName;
        Text = text.Replace("\r\n", "\n", StringComparison.Ordinal);
        _head = new(() => ScriptHead.Read(Text));
        _parts = new(() => ReadParts(FileName, Text));
    }

    public string FileName { get; }

    public string Text { get; }

    public ScriptHead Head => _head.Value;

    /// <exception cref="InvalidDataException">A condition has no statement.</exception>
    public IReadOnlyList<ScriptPart> Parts => _parts.Value;

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
