using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TeslaMate.Tests.Grafana;

/// <summary>The dashboards in nix/grafana, and their queries as Grafana sends them.</summary>
static partial class DashboardQueries
{
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../nix/grafana"));

    /// <summary>Each dashboard with its path below <see cref="Folder"/>.</summary>
    public static IEnumerable<(string Name, JsonObject Json)> All()
        => Directory.EnumerateFiles(Path.Combine(Folder, "dashboards"), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(path => (Path.GetRelativePath(Folder, path), JsonNode.Parse(File.ReadAllText(path))!.AsObject()));

    /// <summary>The queries of a panel.</summary>
    public static IEnumerable<JsonObject> Targets(JsonObject panel) => panel["targets"]?.AsArray().Select(target => target!.AsObject()) ?? [];

    /// <summary>The query of the panel of that title.</summary>
    /// <param name="dashboard">The name of its file, such as "drives.json".</param>
    public static string Query(string dashboard, string title)
    {
        var (_, json) = All().Single(one => Path.GetFileName(one.Name) == dashboard);
        var panel = json["panels"]!.AsArray().Single(panel => (string?)panel!["title"] == title)!.AsObject();
        return (string)Targets(panel).Single()["rawSql"]!;
    }

    /// <summary>A query with its macros and variables replaced.</summary>
    /// <param name="value">Of a variable.</param>
    public static string Expand(string sql, DateTimeOffset from, DateTimeOffset to, string zone, Func<string, string> value)
    {
        sql = sql.Replace("$__timeFrom()", Instant(from), StringComparison.Ordinal).Replace("$__timeTo()", Instant(to), StringComparison.Ordinal)
            .Replace("$__timezone", zone, StringComparison.Ordinal);
        return Variable().Replace(sql, match =>
        {
            var text = value(match.Groups[1].Value);
            return match.Groups[2].Value == "sqlstring" ? $"'{text.Replace("'", "''", StringComparison.Ordinal)}'" : text;
        });

        static string Instant(DateTimeOffset at) => $"'{at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)}'";
    }

    /// <summary>The moment that a time picker's text such as <c>now-3M</c> means.</summary>
    public static DateTimeOffset Moment(string text, DateTimeOffset now)
    {
        if (text == "now")
            return now;
        var count = int.Parse(text["now-".Length..^1], CultureInfo.InvariantCulture);
        return text[^1] switch
        {
            'h' => now.AddHours(-count),
            'd' => now.AddDays(-count),
            'M' => now.AddMonths(-count),
            'y' => now.AddYears(-count),
            _ => throw new FormatException($"\"{text}\" is not of the form now-3M."),
        };
    }

    /// <summary>The variables that a query names; a match's first group is the name, its second the format.</summary>
    [GeneratedRegex(@"\$\{?(\w+)(?::(\w+))?\}?")]
    public static partial Regex Variable();

    static string Here([CallerFilePath] string path = "") => path;
}
