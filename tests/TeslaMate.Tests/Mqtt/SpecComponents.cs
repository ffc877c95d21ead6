using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace TeslaMate.Tests.Mqtt;

/// <summary>The specification's tables of Home Assistant components, as they are printed there.</summary>
static partial class SpecComponents
{
    static readonly string[] Lines = ValuesTests.TestData("components.md").Split('\n');

    /// <summary>In the tables' own order of definition.</summary>
    public static IReadOnlyList<Row> All { get; } =
        [.. Rows().OrderBy(row => int.Parse(row["#"], System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>The objects that a device message must hold.</summary>
    /// <param name="node">For example <c>teslamate_1</c>.</param>
    /// <param name="base">For example <c>teslamate/cars/1</c>.</param>
    public static JsonObject Of(string node, string @base)
        => new(All.Select(row => KeyValuePair.Create(row.Id, (JsonNode?)Component(row, node, @base))));

    static JsonObject Component(Row row, string node, string @base)
    {
        var isTracker = row.Platform == "device_tracker";
        var component = new JsonObject
        {
            ["platform"] = row.Platform,
            ["unique_id"] = $"{node}_{row.Id}",
            ["object_id"] = $"tesla_{row.Key}",
            ["default_entity_id"] = $"{row.Platform}.tesla_{row.Key}",
            ["name"] = row["name"] == "null" ? null : row["name"],
            [isTracker ? "json_attributes_topic" : "state_topic"] = $"{@base}/{row.Topic}",
        };
        Add("device_class", row["device_class"] + row.Other("device_class"));
        Add("state_class", row["state_class"] switch
        {
            "m" => "measurement",
            "ma" => "measurement_angle",
            "ti" => "total_increasing",
            "" => "",
            _ => throw new FormatException()
        });
        Add("unit_of_measurement", row["Unit"]);
        if (row["Precision"] is { Length: > 0 } precision)
            component["suggested_display_precision"] = int.Parse(precision, System.Globalization.CultureInfo.InvariantCulture);
        var icon = row["icon"] + row.Other("icon");
        Add("icon", icon.Length == 0 ? "" : $"mdi:{icon}");
        Add("value_template", Template(row["value_template"]));
        Add("json_attributes_template", Template(row.Other("json_attributes_template")));
        if (row["on/off"].Split('/') is [var on, var off])
            (component["payload_on"], component["payload_off"]) = (on, off);
        Add("entity_category", row.Flags.Contains("D") ? "diagnostic" : "");
        if (row.Flags.Contains("off"))
            component["enabled_by_default"] = false;
        if (row.Topic == "active_route")
            component["availability"] = new JsonObject { ["topic"] = $"{@base}/active_route", ["value_template"] = Template("T7") };
        return component;

        void Add(string member, string value)
        {
            if (value.Length > 0)
                component[member] = value;
        }
    }

    static IEnumerable<Row> Rows()
    {
        var (heading, columns) = ("", Array.Empty<string>());
        foreach (var line in Lines)
        {
            if (line.StartsWith("###", StringComparison.Ordinal))
                heading = line;
            else if (line.StartsWith("| #", StringComparison.Ordinal))
                columns = Cells(line);
            else if (NumberedRow().IsMatch(line))
                yield return new Row(heading, columns.Zip(Cells(line)).ToDictionary(cell => cell.First, cell => cell.Second));
        }
    }

    static string[] Cells(string line) => [.. line.Trim('|', ' ').Split(" |").Select(cell => cell.Trim().Replace("`", "", StringComparison.Ordinal))];

    // T8(key) holds KEY twice; the others are used as they are.
    static string Template(string reference)
    {
        if (reference.Length == 0)
            return "";
        var name = reference[..2];
        var text = Lines.Select(line => ShortTemplate().Match(line)).FirstOrDefault(match => match.Groups[1].Value == name) is { } match
            ? match.Groups[2].Value.Replace("\\|", "|", StringComparison.Ordinal)
            : Lines.SkipWhile(line => !line.StartsWith(name, StringComparison.Ordinal))
                .SkipWhile(line => !line.StartsWith("```", StringComparison.Ordinal)).ElementAt(1);
        return text.Replace("KEY", reference.Length > 2 ? reference[3..^1] : "", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"^\| \d+ \|")]
    private static partial Regex NumberedRow();

    [GeneratedRegex(@"^\| (T\d) \| `(.*)` \|$")]
    private static partial Regex ShortTemplate();

    /// <param name="Heading">Of the table, which gives the platform.</param>
    public sealed record Row(string Heading, IReadOnlyDictionary<string, string> Cells)
    {
        public string this[string column] => Cells.GetValueOrDefault(column, "");

        public string Id => this["Component id"];

        public string Key => Id switch { "raw_location" => "location", "charging" => "charging_state", _ => Id };

        public string Platform => Cells.TryGetValue("Platform", out var platform) ? platform
            : Heading.Contains("binary_sensor", StringComparison.Ordinal) ? "binary_sensor" : "sensor";

        public string Topic => Cells.TryGetValue("Topic", out var topic) ? topic == "=" ? Id : topic.Split(": ")[^1] : "active_route";

        public IReadOnlyList<string> Flags => this["Flags"].Split(' ');

        /// <summary>A member that the table without a column for it names with its value.</summary>
        public string Other(string member)
            => this["Other members"].Split(", ")
                .FirstOrDefault(text => text.StartsWith($"{member} ", StringComparison.Ordinal))?[(member.Length + 1)..] ?? "";
    }
}
