using System.Text.RegularExpressions;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Documents;

/// <summary>Every citation of the specification, <c>spec &lt;chapter&gt; &lt;number&gt;</c>, leads to a heading in <c>docs/spec</c>.</summary>
public sealed partial class CitationTests
{
    static string Root => Evaluation.Root;

    [Fact]
    public void Every_citation_leads_to_a_heading()
    {
        var headings = Directory.EnumerateFiles(Path.Combine(Root, "docs/spec"), "*.md").ToDictionary(
            file => Path.GetFileNameWithoutExtension(file),
            file => Heading.Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).ToHashSet());
        var dead = new List<string>();
        var found = 0;
        foreach (var (file, line, citation) in Citations())
        {
            var chapter = citation.Groups["chapter"].Value;
            foreach (Match number in Number.Matches(citation.Groups["numbers"].Value))
            {
                found++;
                if (!headings.TryGetValue(chapter, out var numbers) || !numbers.Contains(number.Value))
                    dead.Add($"{file}:{line}: spec {chapter} {number.Value}");
            }
        }

        found.ShouldBeGreaterThan(100);
        dead.ShouldBeEmpty();
    }

    [Fact]
    public void There_is_one_spelling()
        => Lines().Where(line => OtherSpelling.IsMatch(line.Text)).Select(line => $"{line.File}:{line.Number}: {line.Text.Trim()}").ShouldBeEmpty();

    static IEnumerable<(string File, int Line, Match Citation)> Citations()
        => Lines().SelectMany(line => Citation.Matches(line.Text).Select(match => (line.File, line.Number, match)));

    static IEnumerable<(string File, int Number, string Text)> Lines()
    {
        string[] kinds = [".cs", ".razor", ".sql", ".nix", ".sh", ".js", ".mjs", ".css", ".proto"];
        return from folder in (string[])["src", "tests", "nix"]
               from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories)
               where kinds.Contains(Path.GetExtension(file)) && !Generated.IsMatch(file) && Path.GetFileName(file) != "CitationTests.cs"
               from line in File.ReadLines(file).Select((text, index) => (text, index))
               select (Path.GetRelativePath(Root, file), line.index + 1, line.text);
    }

    const string Chapters = "tesla-api|vehicle|logbook|migrations|mqtt|web|import|deployment|evolve|charts|api|fleet-telemetry";

    [GeneratedRegex(@"\bspec (?<chapter>[a-z-]+) (?<numbers>\d+(\.\d+)*((,| and| to|, and) \d+(\.\d+)*)*)")]
    static partial Regex Citation { get; }

    [GeneratedRegex(@"\d+(\.\d+)*")]
    static partial Regex Number { get; }

    [GeneratedRegex(@"^#{2,4} (\d+(?:\.\d+)*)", RegexOptions.Multiline)]
    static partial Regex Heading { get; }

    [GeneratedRegex($@"\b({Chapters})( chapter|,)? chapters? \d|\(({Chapters}),? \d+(\.\d+)*[ ),;]", RegexOptions.IgnoreCase)]
    static partial Regex OtherSpelling { get; }

    [GeneratedRegex(@"/(bin|obj|node_modules)/")]
    static partial Regex Generated { get; }
}
