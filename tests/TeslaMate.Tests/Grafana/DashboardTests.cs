using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using TeslaMate.Tests.Database;
using TeslaMate.Tests.Database.Measures;
using TeslaMate.Tests.Database.Migrations;

namespace TeslaMate.Tests.Grafana;

/// <summary>The dashboards in nix/grafana: as their source says, of the shape Grafana reads, and every query of theirs runs.</summary>
public sealed partial class DashboardTests
{
    static readonly string[] Uids =
    [
        "-pkIkhmRz", "1EZnXszMk", "BHhxFeZRz", "FkUpJpQZk", "IiC07mgWz", "NjtMTFggz", "RG_DxSmgk", "SUBgwtigz", "TSmNYvRRk", "WopVO_mgz", "Y8upc6ZRk",
        "ZzhF-aRWz", "_7WkNSyWk", "be2m9kga7b8qoc",
        "fu4SiQgWz", "jchmDbInfo", "jchmRiqUfXgTM", "kOuP_Fggz", "lBIoQIggk", "riqUfXgRz", "xo4BNRkZz", "zhHx2Fggk", "zm7wN6Zgz",
    ];

    static readonly string[] PanelTypes =
        ["barchart", "bargauge", "dashlist", "gauge", "geomap", "heatmap", "piechart", "row", "stat", "state-timeline", "table", "text", "timeseries",
            "xychart"];

    public static TheoryData<string> Servers => PostgresServer.All;

    [Fact]
    public async Task The_files_are_what_their_source_makes()
    {
        var generator = Path.Combine(DashboardQueries.Folder, "generate.mjs");
        using var node = Process.Start(new ProcessStartInfo("node", [generator, "--check"]) { RedirectStandardError = true }).ShouldNotBeNull();
        var said = await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        said.ShouldBeEmpty();
        node.ExitCode.ShouldBe(0);
    }

    [Fact]
    public void There_is_one_for_each_of_the_reference_under_its_uid()
        => DashboardQueries.All().Select(dashboard => (string?)dashboard.Json["uid"]).Order(StringComparer.Ordinal).ShouldBe(Uids);

    [Fact]
    public void They_have_the_shape_that_Grafana_reads()
    {
        foreach (var (name, json) in DashboardQueries.All())
        {
            ((int?)json["schemaVersion"]).ShouldBe(39, name);
            ((string?)json["title"]).ShouldNotBeNullOrEmpty(name);
            json["id"].ShouldBeNull(name);
            var variables = json["templating"]!["list"]!.AsArray().Select(variable => (string)variable!["name"]!).ToHashSet();
            var panels = json["panels"]!.AsArray().Select(panel => panel!.AsObject()).ToList();
            panels.Select(panel => (int)panel["id"]!).ShouldBeUnique(name);
            var places = new HashSet<(int, int)>();
            foreach (var panel in panels)
            {
                var what = $"{name} / {panel["title"]}";
                PanelTypes.ShouldContain((string)panel["type"]!, what);
                var (x, y, w, h) = ((int)panel["gridPos"]!["x"]!, (int)panel["gridPos"]!["y"]!, (int)panel["gridPos"]!["w"]!,
                    (int)panel["gridPos"]!["h"]!);
                (x + w).ShouldBeLessThanOrEqualTo(24, what);
                foreach (var cell in Enumerable.Range(x, w).SelectMany(column => Enumerable.Range(y, h).Select(line => (column, line))))
                    places.Add(cell).ShouldBeTrue($"{what} lies over another");
                foreach (var target in DashboardQueries.Targets(panel))
                {
                    ((string?)target["datasource"]!["uid"]).ShouldBe("TeslaMate", what);
                    ((string?)target["datasource"]!["type"]).ShouldBe("grafana-postgresql-datasource", what);
                    ((string?)target["format"]).ShouldBeOneOf("table", "time_series");
                    foreach (Match used in DashboardQueries.Variable().Matches((string)target["rawSql"]!))
                        (used.Value.StartsWith("$__", StringComparison.Ordinal)
                            || variables.Contains(used.Groups[1].Value)).ShouldBeTrue($"{what} uses {used.Value}");
                }

                DashboardQueries.Targets(panel).Select(target => (string)target["refId"]!).ShouldBeUnique(what);
            }
        }
    }

    [SkippableFact]
    public async Task Every_field_option_and_value_is_one_that_Grafana_11_to_13_know()
    {
        Skip.IfNot(Directory.Exists(Path.Combine(Schemas, "node_modules")), "tests/run installs Grafana's types");
        (await CheckAsync(Path.Combine(DashboardQueries.Folder, "dashboards"))).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task What_Grafana_does_not_know_is_told()
    {
        Skip.IfNot(Directory.Exists(Path.Combine(Schemas, "node_modules")), "tests/run installs Grafana's types");
        var folder = Directory.CreateTempSubdirectory("dashboards-");
        try
        {
            var (_, json) = DashboardQueries.All().First(dashboard => dashboard.Name.EndsWith("charging-stats.json", StringComparison.Ordinal));
            var panel = json["panels"]!.AsArray().First(panel => (string?)panel!["type"] == "stat")!;
            panel["options"]!["graphMood"] = "none";
            panel["options"]!["colorMode"] = "colourful";
            json["templating"]!["list"]![0]!["definition"] = "a field of before";
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "one.json"), json.ToJsonString());
            var told = await CheckAsync(folder.FullName);
            foreach (var version in (string[])["grafana-11", "grafana-12", "grafana-13"])
            {
                told.ShouldContain(line => line.StartsWith(version, StringComparison.Ordinal) && line.Contains("(stat): options"));
                told.ShouldContain(line => line.StartsWith(version, StringComparison.Ordinal) && line.Contains("definition"));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static readonly string Schemas = Path.GetFullPath(Path.Combine(DashboardQueries.Folder, "../../tests/grafana"));

    /// <summary>The faults by Grafana's own types.</summary>
    static async Task<string[]> CheckAsync(string folder)
    {
        using var node = Process.Start(
            new ProcessStartInfo("node", [Path.Combine(Schemas, "check.mjs"), folder]) { RedirectStandardError = true }).ShouldNotBeNull();
        var said = await node.StandardError.ReadToEndAsync();
        await node.WaitForExitAsync();
        return said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    [Fact]
    public void No_panel_reads_the_log_by_itself()
    {
        foreach (var (name, json) in DashboardQueries.All())
        {
            foreach (var panel in json["panels"]!.AsArray())
            {
                foreach (var target in DashboardQueries.Targets(panel!.AsObject()))
                    Source().Matches(Quoted().Replace((string)target["rawSql"]!, "")).Select(match => match.Groups[1].Value)
                        .ShouldAllBe(source => source.StartsWith("teslamate.", StringComparison.Ordinal), $"{name} / {panel["title"]}");
            }
        }
    }

    [Theory, MemberData(nameof(Servers))]
    public async Task Every_query_runs_for_each_value_of_its_variables(string server)
    {
        await using var empty = await LogRows.EmptyAsync(server);
        await RunAllAsync(empty, cars: ["1"]);
        await using var log = await LogRows.CreateAsync(server);
        SeededLog.Fill(log);
        await log.LinesAsync("select 1");
        await RunAllAsync(log.Database, cars: ["1", "2"]);
    }

    static async Task RunAllAsync(TestDatabase database, string[] cars)
    {
        await using var connection = await database.TestSource.OpenConnectionAsync();
        // They need nothing that others can put into schema public, whatever the path of Grafana's role.
        await using (var path = new NpgsqlCommand("set search_path = pg_catalog, pg_temp", connection))
            await path.ExecuteNonQueryAsync();
        foreach (var (name, json) in DashboardQueries.All())
        {
            var values = Values(json, cars);
            foreach (var (what, sql) in Queries(json))
            {
                foreach (var query in Expand(sql, values).Distinct())
                {
                    try
                    {
                        await using var command = new NpgsqlCommand(query, connection);
                        await using var reader = await command.ExecuteReaderAsync();
                        while (await reader.ReadAsync())
                        {
                            for (var column = 0; column < reader.FieldCount; column++)
                                (reader.GetValue(column) is double.NaN or double.PositiveInfinity or double.NegativeInfinity).ShouldBeFalse(
                                    $"{name} / {what}: {reader.GetName(column)}");
                        }
                    }
                    catch (PostgresException exception)
                    {
                        Assert.Fail($"{name} / {what}: {exception.MessageText}\n{query}");
                    }
                }
            }
        }
    }

    /// <summary>A query for every value of each of its variables, the others at their first.</summary>
    static IEnumerable<string> Expand(string sql, Dictionary<string, string[]> values)
    {
        var used = DashboardQueries.Variable().Matches(sql).Select(match => match.Groups[1].Value).Where(values.ContainsKey).Distinct().ToList();
        if (used.Count == 0)
            yield return Replace(sql, values, null, "");
        foreach (var name in used)
        {
            foreach (var value in values[name])
                yield return Replace(sql, values, name, value);
        }
    }

    static string Replace(string sql, Dictionary<string, string[]> values, string? varied, string value)
        => DashboardQueries.Expand(sql, new DateTimeOffset(2026, 1, 1, 0, 0, 0, default), new DateTimeOffset(2026, 7, 1, 0, 0, 0, default),
            "Europe/Berlin", name => name == varied ? value : values[name][0]);

    static Dictionary<string, string[]> Values(JsonObject json, string[] cars) => json["templating"]!["list"]!.AsArray().ToDictionary(
        variable => (string)variable!["name"]!,
        variable => (string)variable!["name"]! switch
        {
            "car_id" => cars,
            "length_unit" => ["km", "mi"],
            "temp_unit" => ["C", "F"],
            "pressure_unit" => ["bar", "psi"],
            "geofence" => ["0,1,2", "1"],
            "drive_id" or "charging_process_id" => ["1", "2", "0"],
            "min_cost" => ["", "0.5", "1e9", "'; x"],
            _ => (string?)variable["type"] switch
            {
                "textbox" => ["", "O'Hare", "100%", "_", "🚗"],
                "custom" => [.. variable["options"]!.AsArray().Select(option => (string)option!["value"]!)],
                _ => [""],
            },
        });

    static IEnumerable<(string What, string Sql)> Queries(JsonObject json)
        => json["templating"]!["list"]!.AsArray().Where(variable => (string?)variable!["type"] == "query")
            .Select(variable => ($"variable {variable!["name"]}", (string)variable["query"]!))
            .Concat(json["panels"]!.AsArray()
                .SelectMany(panel => DashboardQueries.Targets(panel!.AsObject())
                    .Select(target => ((string?)panel!["title"] ?? "", (string)target["rawSql"]!))));

    [GeneratedRegex(@"(?<!epoch\s)\b(?:from|join)\s+(?!lateral|unnest|\()([a-z_.]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Source();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();
}
