using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NetArchTest.Rules;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Documents;

/// <summary>The picture in <c>docs/architecture.md</c>: what a project may know, and which one writes a table.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>From the top to the bottom; a project refers to projects of lower rows only, and to none beside it.</summary>
    static readonly string[][] Layers =
    [
        ["TeslaMate"],
        ["TeslaMate.Api"],
        ["TeslaMate.Web", "TeslaMate.Simulator"],
        ["TeslaMate.Import", "TeslaMate.Mqtt", "TeslaMate.Telemetry"],
        ["TeslaMate.Outgoing"],
        ["TeslaMate.Vehicles"],
        ["TeslaMate.Tesla", "TeslaMate.Logbook", "TeslaMate.Measures"],
        ["TeslaMate.Database"],
        ["TeslaMate.Systemd"],
        ["TeslaMate.Configuration"],
    ];

    /// <summary>Those that answer requests; no other knows ASP.NET Core.</summary>
    static readonly string[] Servers = ["TeslaMate", "TeslaMate.Api", "TeslaMate.Web", "TeslaMate.Telemetry", "TeslaMate.Simulator"];

    /// <summary>
    /// Who writes tables of others, and why it may: migrations, backups and the demo make whole databases, an import adds cars and merges histories.
    /// </summary>
    static readonly Dictionary<string, string[]> Guests = new()
    {
        ["TeslaMate"] = ["*"],
        ["TeslaMate.Database"] = ["*"],
        ["TeslaMate.Import"] = ["cars", "car_settings", "drives", "imported_entries"],
    };

    static string Source => Path.Combine(Evaluation.Root, "src");

    public static TheoryData<string> Projects => [
        .. Directory.EnumerateFiles(Source, "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)).Order()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_point_downwards(string project)
    {
        var row = Array.FindIndex(Layers, layer => layer.Contains(project));
        row.ShouldBeGreaterThanOrEqualTo(0, $"{project} has no place in the picture");
        var below = Layers[(row + 1)..].SelectMany(layer => layer).ToHashSet();
        Elements(project, "ProjectReference").Select(reference => Path.GetFileNameWithoutExtension(reference.Replace('\\', '/')))
            .Where(reference => !below.Contains(reference))
            .ShouldBeEmpty(project);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_what_answers_requests_refers_to_the_web_framework(string project)
    {
        if (Servers.Contains(project))
            return;
        Elements(project, "FrameworkReference").ShouldBeEmpty(project);
        Project(project).Root!.Attribute("Sdk")!.Value.ShouldBe("Microsoft.NET.Sdk", project);
    }

    [Fact]
    public void The_machine_of_a_car_knows_neither_time_nor_world()
    {
        var forbidden = new[]
        {
            "Npgsql", "System.IO", "System.Net", "System.Threading.Tasks", "System.TimeProvider", "Microsoft.Extensions", "TeslaMate.Database",
            "TeslaMate.Vehicles.Loop",
            "TeslaMate.Vehicles.Supervision",
        };
        var machine = Types.InAssembly(Assembly.Load("TeslaMate.Vehicles")).That().ResideInNamespace("TeslaMate.Vehicles.Life");
        machine.GetTypes().Count().ShouldBeGreaterThan(20);
        (machine.ShouldNot().HaveDependencyOnAny(forbidden).GetResult().FailingTypes ?? []).Select(type => type.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void A_page_has_its_model_and_asks_nobody()
    {
        var components = Types.InAssembly(Assembly.Load("TeslaMate.Web")).That().Inherit<TeslaMate.Web.Layout.PageComponent>();
        components.GetTypes().Count().ShouldBeGreaterThan(20);
        var result = components.ShouldNot().HaveDependencyOnAny("Npgsql", "System.TimeProvider", "System.Net.Http").GetResult();
        (result.FailingTypes ?? []).Select(type => type.FullName).ShouldBeEmpty();
    }

    [Fact]
    public void A_table_is_written_by_one_project()
    {
        var tables = Directory.EnumerateFiles(Path.Combine(Source, "TeslaMate.Database/Migrations/Sql"), "*.sql", SearchOption.AllDirectories)
            .SelectMany(file => CreateTable.Matches(File.ReadAllText(file).ToLowerInvariant())).Select(match => match.Groups[1].Value).ToHashSet();
        tables.ShouldContain("charging_processes");
        var writers = new Dictionary<string, HashSet<string>>();
        foreach (var file in Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal)))
        {
            var project = Path.GetRelativePath(Source, file).Split('/')[0];
            foreach (var table in Write.Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value).Where(tables.Contains))
            {
                if (!Guests.TryGetValue(project, out var allowed) || !(allowed.Contains(table) || allowed.Contains("*")))
                    (writers.TryGetValue(table, out var known) ? known : writers[table] = []).Add(project);
            }
        }

        writers["drives"].ShouldBe(["TeslaMate.Logbook"]);
        writers["charging_processes"].ShouldBe(["TeslaMate.Logbook"]);
        writers.Where(table => table.Value.Count > 1).Select(table => $"{table.Key}: {string.Join(", ", table.Value.Order())}").ShouldBeEmpty();
    }

    static IEnumerable<string> Elements(string project, string name)
        => Project(project).Descendants(name).Select(element => element.Attribute("Include")!.Value);

    static XDocument Project(string project) => XDocument.Load(Path.Combine(Source, project, project + ".csproj"));

    [GeneratedRegex("""create (?:unlogged )?table (?:if not exists )?(?:public\.|private\.|teslamate\.)?"?(\w+)""")]
    static partial Regex CreateTable { get; }

    [GeneratedRegex("""(?:insert into|delete from|update|copy|merge into|truncate(?: table)?) (?:only )?(?:public\.|private\.|teslamate\.)?"?([a-z_]+)"?(?=[\s("]|$)""")]
    static partial Regex Write { get; }
}
