using System.Globalization;
using System.Text.Json;

namespace TeslaMate.Logbook.Addresses;

/// <summary>Reads Nominatim's JSON: of each list of keys the first that is there wins (spec logbook 10.3).</summary>
static class AddressParser
{
    static readonly string[] Road =
    [
        "road", "footway", "street", "street_name", "residential", "path", "pedestrian", "road_reference", "road_reference_intl", "square", "place",
    ];

    static readonly string[] Neighbourhood =
    [
        "neighbourhood", "suburb", "city_district", "district", "quarter", "borough", "city_block", "residential", "commercial", "houses",
        "subdistrict",
        "subdivision", "ward",
    ];

    static readonly string[] City =
    [
        "city", "town", "township", "village", "municipality", "hamlet", "locality", "croft", "local_administrative_area", "subcounty",
    ];

    /// <summary>The row that stands for all places without an address.</summary>
    public static Address Unknown(string raw)
        => new("Unknown", 0, "unknown", 0, 0, null, null, null, null, null, null, null, null, null, null, raw);

    /// <returns>Null when something that a row needs is missing.</returns>
    public static Address? Parse(JsonElement answer)
    {
        if (answer.ValueKind != JsonValueKind.Object
            || Text(answer, "display_name") is not { } displayName || Text(answer, "osm_type") is not { } osmType
            || !answer.TryGetProperty("osm_id", out var id) || id.ValueKind != JsonValueKind.Number || !id.TryGetInt64(out var osmId)
            || Degrees(answer, "lat") is not { } latitude || Degrees(answer, "lon") is not { } longitude)
            return null;
        var address = answer.TryGetProperty("address", out var parts) && parts.ValueKind == JsonValueKind.Object ? parts : default;
        var details = answer.TryGetProperty("namedetails", out var names) && names.ValueKind == JsonValueKind.Object ? names : default;
        return new(
            displayName, osmId, osmType, latitude, longitude,
            // An empty name is a name, and means that there is none.
            Name: Has(answer, "name") ? Text(answer, "name") : First(details, "name", "alt_name"),
            HouseNumber: First(address, "house_number", "street_number"),
            Road: First(address, Road),
            Neighbourhood: First(address, Neighbourhood),
            City: First(address, City),
            County: First(address, "county", "county_code", "department"),
            Postcode: First(address, "postcode"),
            State: First(address, "state", "province", "territory", "state_code"),
            StateDistrict: First(address, "state_district"),
            Country: First(address, "country", "country_name"),
            Raw: answer.GetRawText());
    }

    public static string? Text(JsonElement element, string key)
        => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { } text
            && !string.IsNullOrWhiteSpace(text) ? text : null;

    static bool Has(JsonElement element, string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String;

    static string? First(JsonElement element, params ReadOnlySpan<string> keys)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        foreach (var key in keys)
            if (Has(element, key))
                return Text(element, key);
        return null;
    }

    static double? Degrees(JsonElement element, string key) => element.TryGetProperty(key, out var value)
        ? value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var degrees)
                && double.IsFinite(degrees) => degrees,
            _ => null,
        }
        : null;
}
