using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Addresses;

static class AddressStatements
{
    /// <summary>The row of an address: the one with its OpenStreetMap number, unchanged, or a new one. Returns its number.</summary>
    public static NpgsqlCommand Store(NpgsqlDataSource database, Address address)
    {
        // An insert that waits for another one of the same address finds nothing in its own snapshot afterwards; hence the update that changes
        // nothing.
        var command = database.CreateCommand("""
            insert into public.addresses (
                display_name, latitude, longitude, name, house_number, road, neighbourhood, city, county, postcode, state, state_district, country,
                raw, osm_id, osm_type, inserted_at, updated_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, now() at time zone 'utc', now() at time zone 'utc')
            on conflict (osm_id, osm_type) do update set osm_id = excluded.osm_id
            returning id
            """);
        command.Parameters.Add(Value.Of(Column.Text(address.DisplayName, 512) ?? "Unknown"));
        command.Parameters.Add(Value.Of((decimal?)Column.Latitude(address.Latitude)));
        command.Parameters.Add(Value.Of((decimal?)Column.Longitude(address.Longitude)));
        foreach (var text in (string?[])
        [
            address.Name, address.HouseNumber, address.Road, address.Neighbourhood, address.City, address.County, address.Postcode, address.State,
            address.StateDistrict, address.Country,
        ])
            command.Parameters.Add(Value.Of(Column.Text(text)));
        command.Parameters.Add(Value.Json(Column.StorableJson(address.Raw)));
        command.Parameters.Add(Value.Of(address.OsmId));
        command.Parameters.Add(Value.Of(address.OsmType));
        return command;
    }

    /// <summary>What another language changes of an address (spec logbook 10.4).</summary>
    public static Statement Translate(AddressId id, Address address) => new(
        """
        update public.addresses
        set city = $2, country = $3, county = $4, display_name = $5, neighbourhood = $6, state = $7, state_district = $8,
            updated_at = now() at time zone 'utc'
        where id = $1
        returning id
        """,
        [
            Value.Of(id.Value), Value.Of(Column.Text(address.City)), Value.Of(Column.Text(address.Country)), Value.Of(Column.Text(address.County)),
            Value.Of(Column.Text(address.DisplayName, 512)), Value.Of(Column.Text(address.Neighbourhood)), Value.Of(Column.Text(address.State)),
            Value.Of(Column.Text(address.StateDistrict)),
        ]);

    /// <summary>The ends of a drive that have a position and no address: number, whether it is the start, latitude, longitude.</summary>
    public const string MissingOfDrive = """
        select drives.id, is_start, place.latitude::float8, place.longitude::float8
        from public.drives
        cross join (values (true), (false)) as ends (is_start)
        join public.positions place on place.id = case when is_start then drives.start_position_id else drives.end_position_id end
        where case when is_start then drives.start_address_id else drives.end_address_id end is null
            and drives.start_position_id is not null and drives.end_position_id is not null
        """;

    /// <summary>Charging processes without an address: number, nothing, latitude, longitude.</summary>
    public const string MissingOfCharging = """
        select process.id, null::boolean, place.latitude::float8, place.longitude::float8
        from public.charging_processes process
        join public.positions place on place.id = process.position_id
        where process.address_id is null
        """;
}
