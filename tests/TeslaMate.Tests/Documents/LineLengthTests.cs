using System.Globalization;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Documents;

/// <summary>
/// Lines of C# keep to the length that <c>.editorconfig</c> names; only samples in raw literals, whose line ends matter, may be longer.
/// </summary>
public sealed class LineLengthTests
{
    [Fact]
    public void Lines_of_code_keep_to_the_length_of_the_editor_configuration()
    {
        var longest = int.Parse(
            File.ReadLines(Path.Combine(Evaluation.Root, ".editorconfig"))
                .Single(line => line.StartsWith("max_line_length", StringComparison.Ordinal))
                .Split('=')[1],
            CultureInfo.InvariantCulture);
        var files = new[] { "src", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Evaluation.Root, folder), "*.cs", SearchOption.AllDirectories))
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules" or "Generated"))
            .ToList();

        files.Count.ShouldBeGreaterThan(100);
        files.SelectMany(file => TooLong(file, longest)).ShouldBeEmpty();
    }

    static IEnumerable<string> TooLong(string file, int longest)
    {
        var isLiteral = false;
        foreach (var (number, line) in File.ReadLines(file).Index())
        {
            var hasQuotes = line.Contains("\"\"\"", StringComparison.Ordinal);
            if (line.Length > longest && !isLiteral && !hasQuotes)
                yield return $"{Path.GetRelativePath(Evaluation.Root, file)}:{number + 1}";
            if (hasQuotes && (line.Split("\"\"\"").Length - 1) % 2 == 1)
                isLiteral = !isLiteral;
        }
    }
}
