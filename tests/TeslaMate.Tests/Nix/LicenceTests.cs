using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace TeslaMate.Tests.Nix;

/// <summary><c>docs/licences.md</c> as <c>nix/update-licences</c> would write it, as far as that can be told without a restore.</summary>
public sealed partial class LicenceTests
{
    const string Remedy = "run nix/update-licences";

    static readonly string Root = Evaluation.Root;

    readonly List<(string Name, string From, string Version, string Licence)> _rows =
        [.. Row().Matches(File.ReadAllText(Path.Combine(Root, "docs", "licences.md")))
            .Select(row => (row.Groups[1].Value, row.Groups[2].Value, row.Groups[3].Value, row.Groups[4].Value))];

    [Fact]
    public void Every_central_package_is_listed_in_its_version()
    {
        var central = XDocument.Load(Path.Combine(Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => (Name: package.Attribute("Include")!.Value, Version: package.Attribute("Version")!.Value)).ToList();
        central.Count.ShouldBeGreaterThan(20);
        foreach (var (name, version) in central)
            _rows.ShouldContain(row => row.From == "NuGet" && row.Name == name && row.Version == version, $"{name} {version}: {Remedy}");
    }

    [Fact]
    public void Every_package_of_the_Nix_build_is_listed_in_its_version()
    {
        var built = Dependency().Matches(File.ReadAllText(Path.Combine(Root, "deps.nix")));
        built.Count.ShouldBeGreaterThan(5);
        foreach (Match package in built)
            _rows.ShouldContain(
                row => row.From == "NuGet" && row.Name == package.Groups[1].Value && row.Version == package.Groups[2].Value,
                $"{package.Value}: {Remedy}");
    }

    [Theory]
    [InlineData("src/TeslaMate.Web")]
    [InlineData("tests/grafana")]
    [InlineData("tests/postgres")]
    [InlineData("tests/TeslaMate.SystemTests/Browser")]
    public void Every_npm_package_is_listed_in_its_version(string folder)
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, folder, "package-lock.json")));
        foreach (var package in file.RootElement.GetProperty("packages").EnumerateObject().Where(package => package.Name.Length > 0))
        {
            var (name, version) = (package.Name.Split("node_modules/")[^1], package.Value.GetProperty("version").GetString());
            _rows.ShouldContain(row => row.From == "npm" && row.Name == name && row.Version == version, $"{name} {version}: {Remedy}");
        }
    }

    [Fact]
    public void Every_package_has_a_licence() => _rows.ShouldAllBe(row => row.Licence.Length > 1);

    [GeneratedRegex(@"^\| (\S+) \| (NuGet|npm) \| (\S+) \| ([^|]*) \| (?:program|pages|tests) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"pname = ""([^""]+)"";\s*version = ""([^""]+)"";")]
    private static partial Regex Dependency();
}
