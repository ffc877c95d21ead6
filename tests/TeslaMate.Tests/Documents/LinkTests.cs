using System.Text.RegularExpressions;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Documents;

/// <summary>What the documents point at is there.</summary>
public sealed partial class LinkTests
{
    [Fact]
    public void Every_relative_link_leads_to_a_file()
    {
        var links = (from file in Documents()
                     from Match link in Link.Matches(File.ReadAllText(file))
                     let target = link.Groups[1].Value
                     where !target.Contains(':', StringComparison.Ordinal)
                     select (file, target)).ToList();
        links.Count.ShouldBeGreaterThan(20);
        links.Where(link => !Path.Exists(Path.Combine(Path.GetDirectoryName(link.file)!, link.target)))
            .Select(link => $"{Path.GetRelativePath(Evaluation.Root, link.file)}: {link.target}").ShouldBeEmpty();
    }

    [Fact]
    public void Every_path_and_type_that_is_named_exists()
    {
        var words = (from folder in (string[])["src", "tests"]
                     from file in Directory.EnumerateFiles(Path.Combine(Evaluation.Root, folder), "*.*", SearchOption.AllDirectories)
                     where Path.GetExtension(file) is ".cs" or ".razor" && !file.Contains("/obj/", StringComparison.Ordinal)
                     from Match word in Word.Matches(File.ReadAllText(file) + Path.GetFileName(file))
                     select word.Value).ToHashSet();
        var named = (from file in (string[])[.. Directory.GetFiles(Path.Combine(Evaluation.Root, "docs/how-to")),
            Path.Combine(Evaluation.Root, "docs/architecture.md")]
                     from Match code in Code.Matches(File.ReadAllText(file))
                     select (File: Path.GetRelativePath(Evaluation.Root, file), Text: code.Groups[1].Value)).ToList();
        var missing = named.Where(name => name.Text switch
        {
            _ when ProjectPath.IsMatch(name.Text) => !Path.Exists(Path.Combine(Evaluation.Root, name.Text))
                && !Path.Exists(Path.Combine(Evaluation.Root, "src", name.Text)) && !Path.Exists(Path.Combine(Evaluation.Root, "tests", name.Text)),
            _ when TypeName.Match(name.Text) is { Success: true } type => !words.Contains(type.Groups[1].Value),
            _ => false,
        }).Select(name => $"{name.File}: {name.Text}");
        named.Count.ShouldBeGreaterThan(50);
        missing.ShouldBeEmpty();
    }

    [Fact]
    public void The_files_of_a_journey_are_there()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Evaluation.Root, "src"), "*.*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor").Select(file => Path.GetFileNameWithoutExtension(file)).ToHashSet();
        var journeys = Reading.Matches(File.ReadAllText(Path.Combine(Evaluation.Root, "docs/architecture.md")));
        journeys.Count.ShouldBe(4);
        journeys.SelectMany(journey => Code.Matches(journey.Value)).Select(code => code.Groups[1].Value)
            .Where(name => name.All(char.IsAsciiLetter) && !files.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void The_readme_names_every_project_and_leads_to_every_page()
    {
        var readme = File.ReadAllText(Path.Combine(Evaluation.Root, "README.md"));
        var projects = Directory.EnumerateFiles(Path.Combine(Evaluation.Root, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => $"`src/{Path.GetFileNameWithoutExtension(file)}`");
        var pages = Directory.EnumerateFiles(Path.Combine(Evaluation.Root, "docs"), "*.md").Select(file => $"(docs/{Path.GetFileName(file)})");
        string[] wanted = [.. projects, .. pages];
        wanted.Length.ShouldBeGreaterThan(20);
        wanted.Where(text => !readme.Contains(text, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    static IEnumerable<string> Documents() =>
    [
        .. Directory.EnumerateFiles(Evaluation.Root, "*.md"),
        .. Directory.EnumerateFiles(Path.Combine(Evaluation.Root, "docs"), "*.md", SearchOption.AllDirectories),
    ];

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    static partial Regex Link { get; }

    [GeneratedRegex("`([^`\n]+)`")]
    static partial Regex Code { get; }

    // "src/…", "docs/…", "TeslaMate.Web/Cars", "TeslaMate.Web/LogIn/Policies.cs"
    [GeneratedRegex(@"^(src|tests|docs|nix|TeslaMate[.A-Za-z]*)/[A-Za-z./-]*[A-Za-z/]$")]
    static partial Regex ProjectPath { get; }

    // To the next paragraph that is no list.
    [GeneratedRegex(@"^Files in the order of reading.*?(?=\n\n(?!- )|\z)", RegexOptions.Singleline | RegexOptions.Multiline)]
    static partial Regex Reading { get; }

    [GeneratedRegex("[A-Za-z]+")]
    static partial Regex Word { get; }

    // "VehicleLoop", "Vehicle.Transition", "GeofencePages.SaveAsync", "Driving.cs"
    [GeneratedRegex(@"^([A-Z][a-z]+(?:[A-Z][a-z]+)+)(\.[A-Za-z]+)?$")]
    static partial Regex TypeName { get; }
}
