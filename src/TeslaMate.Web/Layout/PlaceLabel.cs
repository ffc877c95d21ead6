namespace TeslaMate.Web.Layout;

/// <summary>How a place is called (spec web 11.2): its geofence, else the address's name or road with number, then the city.</summary>
static class PlaceLabel
{
    /// <summary>The SQL expression for a joined geofence and address; null where neither says anything.</summary>
    public static string Sql(string geofence, string address)
        => $"teslamate.place_label({geofence}.name, {address}.name, {address}.road, {address}.house_number, {address}.city)";

    /// <summary>
    /// The common table expressions <c>fences</c> and <c>places</c>: the ids of the geofences and addresses whose label (<see cref="Sql"/>) matches
    /// <c>$4</c>. There are few of them, and rows are compared with them by id; a text is compared once for each place, not once for each visit.
    /// </summary>
    public static string Matching { get; } = $"""
        fences as materialized (
            select id from public.geofences where name ilike $4
        ), places as materialized (
            select address.id
            from public.addresses as address
            left join public.geofences as nowhere on false
            where {Sql("nowhere", "address")} ilike $4
        )
        """;

    /// <summary>Whether a row's place is one of <see cref="Matching"/>: its geofence, or its address where it has no geofence.</summary>
    public static string IsMatching(string geofenceId, string addressId)
        => $"({geofenceId} in (select id from fences) or {geofenceId} is null and {addressId} in (select id from places))";
}
