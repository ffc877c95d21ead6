using System.Text.RegularExpressions;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Configuration;

public sealed partial class ReadmeTests
{
    // systemd's, libpq's and the system's own; nobody sets them for this program.
    static readonly string[] NotOurs = ["CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "TMPDIR", "TEMP", "TMP", "USER", "PGUSER", "PGPASSWORD", "HOME"];

    [Fact]
    public void Every_variable_that_the_program_reads_is_in_the_readme()
    {
        var readme = File.ReadAllText(Path.Combine(Evaluation.Root, "README.md"));
        var read = Directory.GetFiles(Path.Combine(Evaluation.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => VariableRead().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .Except(NotOurs)
            .ToList();
        read.Count.ShouldBeGreaterThan(40);
        read.Where(name => !readme.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [GeneratedRegex("(?:(?:variables|Variables)\\.(?:Text|Secret|Flag|Whole|Port|Address|Required|IsPresent)\\(\\s*|(?:IsOn|File)\\(variables, )\"([A-Z][A-Z0-9_]+)\"")]
    private static partial Regex VariableRead();
}
