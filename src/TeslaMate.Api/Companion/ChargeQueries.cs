using Microsoft.AspNetCore.Http;
using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Api.Companion;

/// <summary>Charging processes and their readings (spec api 1.8, 1.9).</summary>
sealed class ChargeQueries(CompanionDatabase database, TimeProvider time)
{
    /// <summary>A charge that has ended is still the current one for this long.</summary>
    static readonly TimeSpan StillCurrent = TimeSpan.FromMinutes(15);

    static readonly string Columns = $"""
        select process.id, process.start_date, process.end_date, {CompanionDatabase.Place("geofence", "address")},
            process.charge_energy_added::double precision, greatest(process.charge_energy_used, process.charge_energy_added)::double precision,
            process.cost::double precision, process.duration_min, process.start_battery_level, process.end_battery_level,
            process.start_ideal_range_km::double precision, process.end_ideal_range_km::double precision,
            process.start_rated_range_km::double precision, process.end_rated_range_km::double precision,
            process.outside_temp_avg::double precision, position.odometer, position.latitude::double precision, position.longitude::double precision
        from public.charging_processes process
        left join public.positions position on position.id = process.position_id
        left join public.geofences geofence on geofence.id = process.geofence_id
        left join public.addresses address on address.id = process.address_id
        """;

    static readonly string List = $"""
        {Columns}
        where process.car_id = $1 and process.end_date is not null
          and ($4::timestamp is null or process.start_date >= $4)
          and ($5::timestamp is null or process.end_date <= $5)
          and ($6::text is null or {CompanionDatabase.Place("geofence", "address")} ilike $6)
        order by process.start_date desc, process.id desc
        limit $2 offset $3
        """;

    static readonly string One = $"""
        {Columns}
        where process.car_id = $1 and process.id = $2 and process.end_date is not null
        """;

    // An open process comes before those that have ended.
    static readonly string Current = $"""
        {Columns}
        where process.car_id = $1
        order by process.end_date is null desc, process.start_date desc, process.id desc
        limit 1
        """;

    const string Details = """
        select charges.id, charges.date, charges.battery_level, charges.usable_battery_level, charges.charge_energy_added::double precision,
            charges.not_enough_power_to_heat, charges.charger_actual_current, charges.charger_phases,
            charges.charger_pilot_current, charges.charger_power,
            charges.charger_voltage, charges.ideal_battery_range_km::double precision, charges.rated_battery_range_km::double precision,
            charges.battery_heater, charges.battery_heater_on, charges.battery_heater_no_power, charges.conn_charge_cable,
            charges.fast_charger_present, charges.fast_charger_brand, charges.fast_charger_type, charges.outside_temp::double precision
        from public.charges
        where charges.charging_process_id = $1
        order by charges.date, charges.id
        """;

    public async Task<object> ListAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        var rows = http.Keep(await database.AskAsync(request, List, request.AddListTo, cancellationToken));
        return new Answer<ChargesData>(new(rows.Car, rows.ReadAsync(Read, cancellationToken), rows.Units.Names));
    }

    public async Task<object> OneAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        CompanionCharge charge;
        await using (var rows = await database.AskAsync(request, One, request.AddRowTo, cancellationToken))
        {
            if (!await rows.Reader.ReadAsync(cancellationToken))
                return new ErrorAnswer("No rows were returned!");
            charge = Read(rows);
        }

        var details = http.Keep(await AskDetailsAsync(request, charge.ChargeId, cancellationToken));
        return new Answer<ChargeData>(new(
            details.Car, charge with { ChargeDetails = details.ReadAsync(ReadDetail, cancellationToken) }, details.Units.Names));
    }

    public async Task<object> CurrentAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        CompanionCharge charge;
        DateTimeOffset start;
        DateTimeOffset? end;
        await using (var rows = await database.AskAsync(
            request, Current, parameters => parameters.Add(Value.Of(request.Car)), cancellationToken))
        {
            if (!await rows.Reader.ReadAsync(cancellationToken))
                return new ErrorAnswer("No current charge found.");
            charge = Read(rows);
            (start, end) = (rows.Reader.GetInstant(1), rows.Reader.GetInstantOrNull(2));
        }

        await using var details = await AskDetailsAsync(request, charge.ChargeId, cancellationToken);
        var readings = new List<CurrentDetail>();
        DateTimeOffset? newest = null;
        int newestId = 0;
        while (await details.Reader.ReadAsync(cancellationToken))
        {
            readings.Add(ReadCurrent(details));
            if (details.Reader.GetInt32(0) > newestId)
                (newestId, newest) = (details.Reader.GetInt32(0), details.Reader.GetInstant(1));
        }

        var now = time.GetUtcNow();
        if (newest is { } last ? now - last > StillCurrent : end is not null)
            return new ErrorAnswer("No active charging in progress.");
        return new Answer<CurrentChargeData>(new(details.Car, Describe(charge, readings, start, end, now), details.Units.Names));
    }

    Task<CompanionRows> AskDetailsAsync(CompanionRequest request, int process, CancellationToken cancellationToken)
        => database.AskAsync(request, Details, parameters => parameters.Add(Value.Of(process)), cancellationToken);

    static CurrentCharge Describe(CompanionCharge charge, List<CurrentDetail> readings, DateTimeOffset start, DateTimeOffset? end, DateTimeOffset now)
    {
        var (first, newest) = (readings.FirstOrDefault(), readings.LastOrDefault());
        var (startRange, range) = (first?.BatteryInfo.RatedBatteryRange ?? 0, newest?.BatteryInfo.RatedBatteryRange ?? 0);
        var minutes = (int)((end ?? now) - start).TotalMinutes;
        readings.Reverse();
        return new CurrentCharge(
            charge.ChargeId, charge.StartDate, IsCharging: end is null, charge.Address, newest?.ChargeEnergyAdded ?? charge.ChargeEnergyAdded,
            charge.Cost, minutes,
            Durations.Text(minutes)!, new(first?.BatteryLevel ?? 0, newest?.BatteryLevel ?? 0),
            new(startRange, range, Math.Max(range - startRange, 0)),
            newest?.OutsideTemp ?? 0, charge.Odometer ?? 0, readings);
    }

    static CompanionCharge Read(CompanionRows rows)
    {
        var reader = rows.Reader;
        var minutes = reader.Whole(7);
        return new CompanionCharge(
            reader.GetInt32(0), rows.Date(1), rows.Date(2), reader.GetString(3), reader.Double(4) ?? 0, reader.Double(5) ?? 0, reader.Double(6) ?? 0,
            minutes,
            Durations.Text(minutes), new(reader.Whole(8), reader.Whole(9)), new(rows.Length(10), rows.Length(11)),
            new(rows.Length(12), rows.Length(13)),
            rows.Temperature(14), rows.Length(15), reader.Double(16), reader.Double(17));
    }

    static ChargeDetail ReadDetail(CompanionRows rows)
    {
        var reader = rows.Reader;
        return new ChargeDetail(
            reader.GetInt32(0), rows.Date(1), reader.Whole(2), reader.Whole(3), reader.GetDouble(4), reader.Boolean(5),
            ReadCharger(reader, reader.Whole(7) ?? 0),
            new(rows.Length(11), rows.Length(12), reader.Boolean(13), reader.Boolean(14), reader.Boolean(15)), reader.Text(16),
            new(reader.Boolean(17), reader.TextOr("", 18), reader.Text(19)), rows.Temperature(20));
    }

    static CurrentDetail ReadCurrent(CompanionRows rows)
    {
        var reader = rows.Reader;
        // Three-phase cars say 2; DC says nothing, and has no phases.
        var phases = reader.Whole(9) > 0 ? reader.Whole(7) switch { null => 0, 2 or 3 => 3, _ => 1 } : 0;
        return new CurrentDetail(
            reader.GetInt32(0), rows.Date(1), reader.Whole(2) ?? 0, reader.Whole(3) ?? 0, reader.GetDouble(4), reader.Boolean(5),
            ReadCharger(reader, phases),
            new(rows.Length(12) ?? 0, reader.Boolean(13), reader.Boolean(14), reader.Boolean(15)), reader.Text(16),
            new(reader.Boolean(17), Known(reader.Text(18)), Known(reader.Text(19))), rows.Temperature(20) ?? 0);
    }

    static ChargerDetails ReadCharger(NpgsqlDataReader reader, int phases)
        => new(reader.Whole(6) ?? 0, phases, reader.Whole(8) ?? 0, reader.Whole(9) ?? 0, reader.Whole(10) ?? 0);

    static string? Known(string? text) => text == "<invalid>" ? null : text;
}
