using System.Text.Json;
using System.Text.Json.Serialization;

namespace TeslaMate.Web.Charts;

/// <summary>A chart with the table that stands behind it.</summary>
/// <param name="Id">Unique on its page.</param>
/// <param name="Title">In the visitor's language.</param>
/// <param name="Axis">What is at the bottom.</param>
/// <param name="X">Unix seconds, numbers, or the places of <see cref="Labels"/>; rising.</param>
/// <param name="Series">In the owner's units; as many values each as there are in <paramref name="X"/>.</param>
/// <param name="Table">What is shown without scripts, and what the CSV file has.</param>
public sealed record ChartModel(
    string Id, string Title, ChartAxis Axis, IReadOnlyList<double> X, IReadOnlyList<ChartSeries> Series, DataTable? Table = null)
{
    /// <summary>Names of categories.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Where a point or bar leads.</summary>
    public IReadOnlyList<string?>? Links { get; init; }

    /// <summary>Moments with a name, drawn as lines across.</summary>
    public IReadOnlyList<ChartMark>? Marks { get; init; }

    /// <summary>What X is called and its unit, for <see cref="ChartAxis.Number"/>.</summary>
    public string? XLabel { get; init; }

    /// <summary>Said instead of a chart without any value: what is missing and why.</summary>
    public string? Empty { get; init; }

    /// <summary>Limits of the first scale where they are fixed, such as 0 to 100 %.</summary>
    public double? Min { get; init; }

    /// <inheritdoc cref="Min"/>
    public double? Max { get; init; }

    /// <summary>The ends of the axis where it is longer than what is known; as in <see cref="X"/>.</summary>
    public (double Low, double High)? Span { get; init; }

    public bool HasValues => Series.Any(series => series.Values.Any(value => value is not null));

    /// <summary>Bars per category, such as periods.</summary>
    public static ChartModel OfCategories(string id, string title, IReadOnlyList<string> labels, IReadOnlyList<ChartSeries> series,
        DataTable? table = null)
        => new(id, title, ChartAxis.Category, [.. Enumerable.Range(0, labels.Count).Select(index => (double)index)], series,
            table)
        { Labels = labels };

    /// <summary>Values over time.</summary>
    public static ChartModel OverTime(string id, string title, IEnumerable<DateTimeOffset> times, IReadOnlyList<ChartSeries> series,
        DataTable? table = null)
        => new(id, title, ChartAxis.Time, [.. times.Select(time => Math.Round(time.ToUnixTimeMilliseconds() / 1000.0))], series, table);

    /// <summary>For the script; the attribute's encoder leaves nothing that could end the element it stands in.</summary>
    internal string ToJson(string zone) => JsonSerializer.Serialize(
        new ChartData(Axis, X, Labels, Links, Marks, XLabel, Min, Max, Span?.Low, Span?.High, zone, Series), ChartJson.Default.ChartData);
}

/// <summary>What the script gets.</summary>
sealed record ChartData(
    ChartAxis Axis, IReadOnlyList<double> X, IReadOnlyList<string>? Labels, IReadOnlyList<string?>? Links, IReadOnlyList<ChartMark>? Marks,
        string? XLabel,
    double? Min, double? Max, double? XMin, double? XMax, string Zone, IReadOnlyList<ChartSeries> Series);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ChartData))]
sealed partial class ChartJson : JsonSerializerContext;

[JsonConverter(typeof(JsonStringEnumConverter<ChartAxis>))]
public enum ChartAxis
{
    Time = 1,
    Number,
    Category,
}

[JsonConverter(typeof(JsonStringEnumConverter<ChartShape>))]
public enum ChartShape
{
    Line = 1,

    /// <summary>Each value holds until the next.</summary>
    Step,

    /// <summary>Bars; those of one chart stand on each other.</summary>
    Bars,

    Points,

    /// <summary>The lower and then the upper edge of an area around a line.</summary>
    Edge,
}

/// <summary>One line, row of bars or cloud of points.</summary>
/// <param name="Unit">Series with one unit share a scale.</param>
/// <param name="Colour">1 to 6, of the theme.</param>
public sealed record ChartSeries(string Label, string Unit, IReadOnlyList<double?> Values, ChartShape Shape = ChartShape.Line, int Colour = 1)
{
    /// <summary>Values with as many decimals as a chart can show.</summary>
    public static ChartSeries Of(string label, string unit, IEnumerable<double?> values, ChartShape shape = ChartShape.Line, int colour = 1,
        int decimals = 2)
        => new(label, unit, [.. values.Select(value => value is { } known && double.IsFinite(known)
            ? Math.Round(known, decimals) : (double?)null)], shape, colour);
}

/// <param name="X">As on the axis.</param>
public sealed record ChartMark(double X, string Text);
