using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using TeslaMate.Simulator.Roads;

namespace TeslaMate.Simulator.Cloud;

/// <summary>Answers like Nominatim, from the places of the simulated world; elsewhere it makes up a road.</summary>
sealed class Geocoder(IEnumerable<Place> places)
{
    const double KnownWithinMetres = 200;

    readonly Place[] _places = [.. places];

    /// <summary>The place that is found at <paramref name="point"/>.</summary>
    public Place At(GeoPoint point)
    {
        var nearest = _places.MinBy(place => place.Point.MetresTo(point));
        if (nearest is not null && nearest.Point.MetresTo(point) < KnownWithinMetres)
            return nearest;
        // A cell of some hundred metres is one road.
        var (row, column) = ((long)Math.Floor(point.Latitude * 200), (long)Math.Floor(point.Longitude * 200));
        var made = new Place("", new GeoPoint((row + 0.5) / 200, (column + 0.5) / 200), $"Road {Math.Abs(row * 31 + column) % 900 + 1}", "",
            "Outskirts",
            nearest?.City ?? "Nowhere", nearest?.County ?? "Nowhere", nearest?.State ?? "Nowhere", "00000", nearest?.Country ?? "Nowhere",
            900_000_000 + Math.Abs(row * 72_001 + column));
        return made;
    }

    /// <summary>Writes the answer to <c>/reverse</c> or <c>/lookup</c>.</summary>
    public void Answer(Utf8JsonWriter json, string path, IQueryCollection query)
    {
        if (path == "/lookup")
        {
            json.WriteStartArray();
            foreach (var id in query["osm_ids"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries))
                if (_places.FirstOrDefault(place => id[1..] == place.OsmId.ToString(CultureInfo.InvariantCulture)) is { } known)
                    Write(json, known);
            json.WriteEndArray();
        }
        else if (Number(query["lat"]) is { } latitude && Number(query["lon"]) is { } longitude)
        {
            Write(json, At(new GeoPoint(latitude, longitude)));
        }
        else
        {
            json.WriteStartObject();
            json.WriteString("error", "Unable to geocode");
            json.WriteEndObject();
        }
    }

    static void Write(Utf8JsonWriter json, Place place)
    {
        var name = string.Join(", ",
            new[] { place.Name, $"{place.Street} {place.HouseNumber}".Trim(), place.Quarter, place.City, place.Postcode, place.Country }
            .Where(part => part.Length > 0));
        json.WriteStartObject();
        json.WriteNumber("place_id", place.OsmId + 7);
        json.WriteString("licence", "Made up");
        json.WriteString("osm_type", "way");
        json.WriteNumber("osm_id", place.OsmId);
        json.WriteString("lat", place.Point.Latitude.ToString("0.0000000", CultureInfo.InvariantCulture));
        json.WriteString("lon", place.Point.Longitude.ToString("0.0000000", CultureInfo.InvariantCulture));
        json.WriteString("name", place.Name);
        json.WriteString("display_name", name);
        json.WriteStartObject("address");
        foreach (var (key, value) in (ReadOnlySpan<(string, string)>)
            [("house_number", place.HouseNumber), ("road", place.Street), ("suburb", place.Quarter), ("city", place.City), ("county", place.County),
                ("state", place.State), ("postcode", place.Postcode), ("country", place.Country)])
            if (value.Length > 0)
                json.WriteString(key, value);
        json.WriteEndObject();
        json.WriteStartObject("namedetails");
        json.WriteEndObject();
        json.WriteStartObject("extratags");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    static double? Number(string? text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}
