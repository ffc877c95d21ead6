using System.Text.Json;
using System.Text.Json.Serialization;
using TeslaMate.Measures;

namespace TeslaMate.Web.Charts;

/// <summary>What a map shows.</summary>
/// <param name="Lines">One per drive, each in unbroken parts.</param>
/// <param name="Markers">Charges and places.</param>
public sealed record RouteMapModel(IReadOnlyList<MapLine> Lines, IReadOnlyList<MapMarker> Markers)
{
    /// <summary>Latitude and longitude at the points of the page's charts.</summary>
    public IReadOnlyList<double[]>? Track { get; init; }

    /// <summary>Whether the first and the last point are marked as where a drive began and ended.</summary>
    public bool HasEnds { get; init; }

    public bool IsEmpty => Lines.Count == 0 && Markers.Count == 0;

    /// <summary>The line of a drive, with five decimals: a metre.</summary>
    public static MapLine LineOf(DriveRoute route, string? link, string? text)
        => new(PartsOf(route.Latitudes, route.Longitudes, route.Parts), link, text);

    static List<List<double[]>> PartsOf(IReadOnlyList<double> latitudes, IReadOnlyList<double> longitudes, IReadOnlyList<short> parts)
    {
        var lines = new List<List<double[]>>();
        for (var index = 0; index < latitudes.Count; index++)
        {
            if (index == 0 || parts[index] != parts[index - 1])
                lines.Add([]);
            lines[^1].Add([Math.Round(latitudes[index], 5), Math.Round(longitudes[index], 5)]);
        }

        return lines;
    }

    internal string ToJson() => JsonSerializer.Serialize(this, RouteMapJson.Default.RouteMapModel);
}

/// <param name="Parts">Broken where nothing is known of the way between.</param>
/// <param name="Link">Where a click leads.</param>
public sealed record MapLine(IReadOnlyList<IReadOnlyList<double[]>> Parts, string? Link, string? Text);

/// <param name="Kind"><c>ac</c>, <c>dc</c> or <c>place</c>.</param>
/// <param name="Weight">0 to 1: how large it is.</param>
public sealed record MapMarker(double Latitude, double Longitude, string Kind, string Text, string? Link = null, double Weight = 0);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RouteMapModel))]
sealed partial class RouteMapJson : JsonSerializerContext;
