using TeslaMate.Api.Data.Questions;
using TeslaMate.Api.Data.Rows;
using static TeslaMate.Api.Data.Rows.Member;

namespace TeslaMate.Api.Data.Resources;

/// <summary>Geofences and addresses (spec api 2.2).</summary>
static class PlaceListing
{
    /// <summary>What <c>include</c> adds to an address: the geocoder's own answer.</summary>
    public const string Raw = "raw";

    public static readonly Parameter Include = new("include", ParameterType.Words, "`raw`: also what the geocoder answered.") { Values = [Raw] };

    public static readonly Listing Geofences = new()
    {
        Name = "geofences",
        Row = "Geofence",
        Summary = "Geofences.",
        More = MoreFormats.GeoJson,
        Key = new(null, "g.id"),
        IsNewestFirst = false,
        Members =
        [
            Id("id", "g.id", "The geofence's number."),
            Text("name", "g.name", "Its name.") with { IsAlwaysKnown = true },
            Exact("latitude", "g.latitude", "Degrees of its middle."),
            Exact("longitude", "g.longitude", "Degrees of its middle."),
            Whole("radius_m", "g.radius", "Its radius."),
            Word("billing_type", "g.billing_type::text", "What a charge there is paid by.", "per_kwh", "per_minute"),
            Exact("cost_per_unit", "g.cost_per_unit", "Price of a kWh or minute."),
            Exact("session_fee", "g.session_fee", "Price of a charge, besides."),
            Whole("counts.drives", "counts.drives", "How many drives begin or end there."),
            Whole("counts.charging_processes", "counts.processes", "How many charging processes are there."),
        ],
        Rows = ask => $"""
            from public.geofences as g
            cross join lateral (
                select (select count(*) from public.drives as d where (d.start_geofence_id = g.id or d.end_geofence_id = g.id)
                    and {ask.OfCars("d.car_id")}) as drives,
                    (select count(*) from public.charging_processes as p where p.geofence_id = g.id and {ask.OfCars("p.car_id")}) as processes
            ) as counts
            where {ask.IsOnly("g.id")}
            """,
    };

    public static readonly Listing Addresses = new()
    {
        Name = "addresses",
        Row = "Address",
        Summary = "Addresses of drives and charging processes.",
        Key = new(null, "a.id"),
        IsNewestFirst = false,
        Parameters = [Include],
        Members =
        [
            Id("id", "a.id", "The address's number."),
            Text("display_name", "a.display_name", "The whole address."),
            Text("name", "a.name", "The name of the place."),
            Text("road", "a.road", "Street."),
            Text("house_number", "a.house_number", "Number in it."),
            Text("neighbourhood", "a.neighbourhood", "Neighbourhood."),
            Text("city", "a.city", "City."),
            Text("county", "a.county", "County."),
            Text("postcode", "a.postcode", "Post code."),
            Text("state", "a.state", "State."),
            Text("state_district", "a.state_district", "District."),
            Text("country", "a.country", "Country."),
            Exact("latitude", "a.latitude", "Degrees."),
            Exact("longitude", "a.longitude", "Degrees."),
            Text("osm_type", "a.osm_type", "node, way or relation of OpenStreetMap."),
            Whole("osm_id", "a.osm_id", "Its number there."),
            Instant("created_at", "a.inserted_at", "When the address was first found."),
            Instant("updated_at", "a.updated_at", "When this row last changed."),
            new("raw", MemberType.Json, "a.raw::text", "What the geocoder answered.", Raw),
        ],
        // Somebody who sees one car only is not told where the others were.
        Rows = ask => $"""
            from public.addresses as a
            where {ask.IsOnly("a.id")}
                and {Ask.When(ask.Cars, cars => ask.Sql.Add(cars) is var seen ? $"""
                    (exists (select from public.drives as d where (d.start_address_id = a.id or d.end_address_id = a.id) and d.car_id = any({seen}))
                        or exists (select from public.charging_processes as p where p.address_id = a.id and p.car_id = any({seen})))
                    """ : "")}
            """,
    };
}
