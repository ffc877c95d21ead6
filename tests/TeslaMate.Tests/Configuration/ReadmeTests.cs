using System.Text.RegularExpressions;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Hosting;
using TeslaMate.Tests.Nix;

namespace TeslaMate.Tests.Configuration;

public sealed partial class ReadmeTests
{
    // systemd's, libpq's and the system's own; nobody sets them for this program.
    static readonly string[] NotOurs = ["CREDENTIALS_DIRECTORY", "STATE_DIRECTORY", "TMPDIR", "TEMP", "TMP", "USER", "PGUSER", "PGPASSWORD", "HOME"];

    [Fact]
    public void Every_variable_that_the_program_reads_is_on_the_page_of_settings()
    {
        var read = Directory.GetFiles(Path.Combine(Evaluation.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => VariableRead().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .Except(NotOurs)
            .ToList();
        read.Count.ShouldBeGreaterThan(40);
        read.Where(name => !SettingsPage.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_variable_on_the_page_of_settings_is_read_or_said_to_have_no_effect()
    {
        // Some are read only over TCP, with TLS, or by the one who asks for them.
        string[][] environments = [["DATABASE_SSL=true"], ["DATABASE_SSL=noverify", "MQTT_TLS=true"], ["DATABASE_SOCKET_DIR=/run/postgresql"],
            ["ENCRYPTION_KEY="]];
        var asked = environments.SelectMany(environment => Read(environment).Variables.Asked).ToHashSet();
        var rows = Rows();
        rows.Count.ShouldBeGreaterThan(50);
        rows.Where(row => Settings.WithoutEffect.Contains(row.Name)).ShouldAllBe(row => row.Meaning.Contains("without effect") || row.Name == "TZ");
        rows.Select(row => row.Name).Except(Settings.WithoutEffect).Where(name => !asked.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void A_variable_set_to_the_default_on_that_page_changes_nothing()
    {
        var unset = Read();
        // This default is finer than what can be set.
        var defaults = Rows().Where(row => row.Default is not null && row.Name != "POLLING_DRIVING_INTERVAL").ToList();
        defaults.Count.ShouldBeGreaterThan(20);
        foreach (var row in defaults)
        {
            var set = Read($"{row.Name}={row.Default}");
            set.Variables.Problems.ShouldBe(unset.Variables.Problems, row.Name);
            Parts(set.Settings).ShouldBe(Parts(unset.Settings), row.Name);
        }

        // It would be seen.
        Parts(Read("DATABASE_POOL_SIZE=11").Settings).ShouldNotBe(Parts(unset.Settings));
    }

    [Fact]
    public async Task Every_command_line_in_the_readme_is_one_of_the_programs()
    {
        var commands = CommandLine().Matches(Readme + SettingsPage).Select(match => match.Groups[1].Value).Distinct().ToList();
        commands.Count.ShouldBeGreaterThan(10);
        foreach (var command in commands)
        {
            var verb = command.Split(' ')[0];
            using var help = new StringWriter();
            (await new ProgramCommand().RunAsync([verb, "--help"], help, help)).ShouldBe(ExitCode.Ok, command);
            foreach (Match option in OptionName().Matches(command))
                help.ToString().ShouldContain(option.Value, Case.Sensitive, command);
        }
    }

    [SkippableFact]
    public async Task The_quick_start_evaluates_and_so_does_what_is_said_beside_it()
    {
        var section = Readme.Split("## NixOS")[1].Split("## ")[0];
        var flake = section.Split("```nix")[1].Split("```")[0];
        // What is the flake's own module, with everything around it as it stands.
        var quickStart = $$"""
            builtins.elemAt (({{flake}}).outputs {
              nixpkgs.lib.nixosSystem = machine: machine;
              teslamate.nixosModules.default = { };
            }).nixosConfigurations.home.modules 2
            """;
        var more = OptionPath().Matches(section).Select(match => match.Groups[1].Value)
            .Select(option => option.Contains('=') ? option : $"{option} = true").ToList();
        more.Count.ShouldBeGreaterThan(3);
        string[] configurations = ["", .. more.Select(option => $"{option};")];
        foreach (var option in configurations)
        {
            var both = $$"""
                let merge = a: b: a // builtins.mapAttrs (name: value: if builtins.isAttrs value && a ? ${name} then merge a.${name} value else value) b;
                in merge ({{quickStart}}) { services.teslamate = { {{option}} }; }
                """;
            (await Evaluation.MachineAsync("problems.assertions", both)).EnumerateArray().ShouldBeEmpty(option);
        }
    }

    static string Readme => File.ReadAllText(Path.Combine(Evaluation.Root, "README.md"));

    static string SettingsPage => File.ReadAllText(Path.Combine(Evaluation.Root, "docs/settings.md"));

    /// <summary>The settings' tables, a row for each variable; the default where it is a literal.</summary>
    static List<(string Name, string? Default, string Meaning)> Rows()
    {
        return
        [
            .. from line in SettingsPage.Split('\n')
               where line.StartsWith("| `", StringComparison.Ordinal)
               let cells = line.Split('|', StringSplitOptions.TrimEntries)
               let names = cells[1].Split(", ")
               let defaults = cells[2].Split(", ")
               from i in Enumerable.Range(0, names.Length)
               select (names[i].Trim('`'), defaults.Length == names.Length && Literal().Match(defaults[i]) is { Success: true } literal
                   ? literal.Groups[1].Value : null, cells[3]),
        ];
    }

    static (Variables Variables, Settings Settings) Read(params string[] environment)
    {
        var values = new Dictionary<string, string>
        {
            ["DATABASE_HOST"] = "db",
            ["DATABASE_NAME"] = "n",
            ["DATABASE_USER"] = "u",
            ["DATABASE_PASS"] = "p",
            ["MQTT_HOST"] = "broker",
            ["ENCRYPTION_KEY"] = "k"
        };
        foreach (var pair in environment)
            values[pair.Split('=')[0]] = pair.Split('=')[1];
        var variables = new Variables(values);
        return (variables, Settings.Read(variables));
    }

    // Records print their members; those with a text of their own are taken apart.
    static string Parts(Settings settings)
        => string.Join('\n', new object?[] { settings.Log, settings.Listener, settings.Database, settings.Tesla, settings.Logbook, settings.Vehicles,
            settings.Mqtt, settings.Web }
            .OfType<object>().SelectMany(
                part => part.GetType().GetProperties().Select(property => $"{part.GetType().Name}.{property.Name} = {property.GetValue(part)}")));

    [GeneratedRegex("`teslamate ([a-z][^`]*)`")]
    private static partial Regex CommandLine();

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex OptionName();

    [GeneratedRegex("`([a-z]+\\.[A-Za-z]+(?: = [^`]+)?)`")]
    private static partial Regex OptionPath();

    [GeneratedRegex("^`([^`]+)`$")]
    private static partial Regex Literal();

    [GeneratedRegex("(?:(?:variables|Variables)\\.(?:Text|Secret|Flag|Whole|Port|Address|Required|IsPresent)\\(\\s*|(?:IsOn|File)\\(variables, "
        + ")\"([A-Z][A-Z0-9_]+)\"")]
    private static partial Regex VariableRead();
}
