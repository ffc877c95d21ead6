using Microsoft.AspNetCore.Http;
using TeslaMate.Database;

namespace TeslaMate.Api.Companion;

/// <summary>Drives and their positions (spec api 1.6, 1.7).</summary>
sealed class DriveQueries(CompanionDatabase database)
{
    // Strings are constants of ours; values are parameters. Differences are taken of the exact numbers, before they become floating point.
    static readonly string Columns = $"""
        select drives.id, drives.start_date, drives.end_date,
            {CompanionDatabase.Place("start_geofence", "start_address")}, {CompanionDatabase.Place("end_geofence", "end_address")},
            drives.start_km, drives.end_km, drives.distance, drives.duration_min, drives.speed_max, drives.power_max, drives.power_min,
            s.id is not null and e.id is not null,
            s.battery_level, s.usable_battery_level, e.battery_level, e.usable_battery_level,
            drives.start_ideal_range_km::double precision, drives.end_ideal_range_km::double precision,
            (drives.start_ideal_range_km - drives.end_ideal_range_km)::double precision,
            drives.start_rated_range_km::double precision, drives.end_rated_range_km::double precision,
            (drives.start_rated_range_km - drives.end_rated_range_km)::double precision,
            drives.outside_temp_avg::double precision, drives.inside_temp_avg::double precision, cars.efficiency
        """;

    const string From = """
        from public.drives
        join public.cars on cars.id = drives.car_id
        left join public.positions s on s.id = drives.start_position_id
        left join public.positions e on e.id = drives.end_position_id
        left join public.geofences start_geofence on start_geofence.id = drives.start_geofence_id
        left join public.geofences end_geofence on end_geofence.id = drives.end_geofence_id
        left join public.addresses start_address on start_address.id = drives.start_address_id
        left join public.addresses end_address on end_address.id = drives.end_address_id
        """;

    static readonly string List = $"""
        {Columns}
        {From}
        where drives.car_id = $1 and drives.end_date is not null
          and ($4::timestamp is null or drives.start_date >= $4)
          and ($5::timestamp is null or drives.end_date <= $5)
          and ($6::text is null or {CompanionDatabase.Place("start_geofence", "start_address")} ilike $6
              or {CompanionDatabase.Place("end_geofence", "end_address")} ilike $6)
          and ($7::double precision is null or drives.distance >= $7 * (select case unit_of_length when 'mi' then 1.609344 else 1 end
              from public.settings limit 1))
          and ($8::double precision is null or drives.distance <= $8 * (select case unit_of_length when 'mi' then 1.609344 else 1 end
              from public.settings limit 1))
        order by drives.start_date desc, drives.id desc
        limit $2 offset $3
        """;

    static readonly string One = $"""
        {Columns}
        {From}
        where drives.car_id = $1 and drives.id = $2 and drives.end_date is not null
        """;

    // The limits of the date are there for the index.
    const string Positions = """
        select positions.id, positions.date, positions.latitude::double precision, positions.longitude::double precision, positions.speed,
            positions.power,
            positions.odometer, positions.battery_level, positions.usable_battery_level, positions.elevation,
            positions.inside_temp::double precision, positions.outside_temp::double precision, positions.is_climate_on, positions.fan_status,
            positions.driver_temp_setting::double precision, positions.passenger_temp_setting::double precision, positions.is_rear_defroster_on,
            positions.is_front_defroster_on,
            positions.est_battery_range_km::double precision, positions.ideal_battery_range_km::double precision,
            positions.rated_battery_range_km::double precision, positions.battery_heater, positions.battery_heater_on,
                positions.battery_heater_no_power
        from public.positions
        where positions.drive_id = $1 and positions.date between $2 and $3
        order by positions.date, positions.id
        """;

    public async Task<object> ListAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        var rows = http.Keep(await database.AskAsync(request, List, parameters =>
        {
            request.AddListTo(parameters);
            request.AddDistancesTo(parameters);
        }, cancellationToken));
        return new Answer<DrivesData>(new(rows.Car, rows.ReadAsync(Read, cancellationToken), rows.Units.Names));
    }

    public async Task<object> OneAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        CompanionDrive drive;
        DateTimeOffset start, end;
        await using (var rows = await database.AskAsync(request, One, request.AddRowTo, cancellationToken))
        {
            if (!await rows.Reader.ReadAsync(cancellationToken))
                return new ErrorAnswer("No rows were returned!");
            drive = Read(rows);
            (start, end) = (rows.Reader.GetInstant(1), rows.Reader.GetInstant(2));
        }

        var positions = http.Keep(await database.AskAsync(request, Positions, parameters =>
        {
            parameters.Add(Value.Of(request.Row));
            parameters.Add(Value.Of(start));
            parameters.Add(Value.Of(end));
        }, cancellationToken));
        return new Answer<DriveData>(new(
            positions.Car, drive with { DriveDetails = positions.ReadAsync(ReadPosition, cancellationToken) }, positions.Units.Names));
    }

    static CompanionDrive Read(CompanionRows rows)
    {
        var (reader, units) = (rows.Reader, rows.Units);
        var (distance, minutes) = (reader.Double(7), reader.Whole(8));
        var hasBoth = reader.GetBoolean(12);
        var (startLevel, startUsable, endLevel, endUsable) = (reader.Whole(13), reader.Whole(14), reader.Whole(15), reader.Whole(16));
        var isPrecise = hasBoth && minutes > 1 && distance > 1 && (startUsable is null || endUsable is null || endLevel == endUsable);
        // The efficiency is of the range that the owner prefers.
        var lost = reader.Double(units.PrefersIdealRange ? 19 : 22);
        var energy = lost * reader.Double(25);
        return new CompanionDrive(
            reader.GetInt32(0), rows.Date(1), rows.Date(2), reader.GetString(3), reader.GetString(4),
            new(rows.Length(5), rows.Length(6), rows.Length(7)),
            minutes, Durations.Text(minutes), units.OfKmh(reader.Whole(9)),
            minutes > 0 && distance is { } known ? units.OfKm(known / minutes.Value * 60) : 0,
            reader.Whole(10), reader.Whole(11),
            new(startUsable ?? startLevel, startLevel, endUsable ?? endLevel, endLevel,
                Differ(startLevel, startUsable) || Differ(endLevel, endUsable), isPrecise),
            new(rows.Length(17), rows.Length(18), Math.Max(rows.Length(19) ?? 0, 0)),
            new(rows.Length(20), rows.Length(21), Math.Max(rows.Length(22) ?? 0, 0)),
            rows.Temperature(23), rows.Temperature(24), lost > 0 ? energy : null, isPrecise ? units.PerLength(energy / distance * 1000) : null);
    }

    static bool Differ(int? level, int? usable) => level is not null && usable is not null && level != usable;

    static DriveDetail ReadPosition(CompanionRows rows)
    {
        var reader = rows.Reader;
        return new DriveDetail(
            reader.GetInt32(0), rows.Date(1), reader.GetDouble(2), reader.GetDouble(3), rows.Units.OfKmh(reader.Whole(4)) ?? 0, reader.Whole(5),
            rows.Length(6),
            reader.Whole(7), reader.Whole(8), reader.Whole(9),
            new(rows.Temperature(10), rows.Temperature(11), reader.Boolean(12), reader.Whole(13), rows.Temperature(14), rows.Temperature(15),
                reader.Boolean(16), reader.Boolean(17)),
            new(rows.Length(18), rows.Length(19), rows.Length(20), reader.Boolean(21), reader.Boolean(22), reader.Boolean(23)));
    }
}
