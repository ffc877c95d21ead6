using System.Text.Json;
using System.Text.Json.Serialization;

namespace TeslaMate.Web.Layout;

/// <summary>What the script of a map gets.</summary>
/// <param name="Tiles">Addresses of tiles, with their places for zoom and position.</param>
/// <param name="Satellite">As <paramref name="Tiles"/>, of pictures; null for none.</param>
/// <param name="Search">Where places are looked up.</param>
sealed record MapSettings(string Tiles, string Attribution, string? Satellite, string Search)
{
    public static MapSettings Of(WebSettings web)
        => new(web.TilesUrl, web.TilesAttribution, web.SatelliteUrl, $"{web.SearchUrl.AbsoluteUri.TrimEnd('/')}/search");

    /// <summary>The encoder leaves nothing that could end the element it stands in.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, MapSettingsJson.Default.MapSettings);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(MapSettings))]
sealed partial class MapSettingsJson : JsonSerializerContext;
