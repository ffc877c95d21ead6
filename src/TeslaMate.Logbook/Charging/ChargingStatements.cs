using TeslaMate.Logbook.Geofences;
using TeslaMate.Logbook.Positions;
using TeslaMate.Logbook.Writing;

namespace TeslaMate.Logbook.Charging;

/// <summary>The life of a charging process's row and its charges (spec logbook 7).</summary>
static class ChargingStatements
{
    static readonly string StartSql = $"""
        with place as (
            {PositionRows.Insert(after: 2)}
            returning id, latitude, longitude),
        process as (
            insert into public.charging_processes (car_id, position_id, geofence_id, start_date)
            select $1, place.id, {NearestFence.Sql("place.latitude", "place.longitude")}, $2
            from place
            returning id)
        update teslamate.car_logs
        set charging_process_id = process.id
        from process
        where car_logs.car_id = $1
        returning process.id
        """;

    const string InsertChargeSql = """
        insert into public.charges (
            charging_process_id, date, charge_energy_added, charger_power, ideal_battery_range_km, rated_battery_range_km,
            battery_level, usable_battery_level, charger_actual_current, charger_pilot_current, charger_phases, charger_voltage,
            battery_heater, battery_heater_on, battery_heater_no_power, not_enough_power_to_heat,
            conn_charge_cable, fast_charger_present, fast_charger_brand, fast_charger_type, outside_temp)
        select
            process.id, $2,
            -- The column is not null. A counter that the car leaves out stands where it stood; one that it never told counts from 0.
            coalesce($3, (select charge_energy_added from public.charges last where charging_process_id = process.id order by date desc, id desc
                limit 1), 0),
            $4,
            -- Likewise: the range that was last known, else the other kind of range, which is nearer to it than nothing.
            coalesce($5, (select ideal_battery_range_km from public.charges last where charging_process_id = process.id order by date desc, id desc
                limit 1), $6),
            $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21
        from teslamate.car_logs log
        join public.charging_processes process on process.id = log.charging_process_id
        where log.car_id = $1
        returning id
        """;

    static readonly string CompleteOpenSql = CompleteSql("(select charging_process_id from teslamate.car_logs where car_id = $1)");

    static readonly string CompleteByIdSql = CompleteSql("$1");

    public static Statement Start(CarId car, DateTimeOffset at, PositionReading position, bool lookUpAddress)
    {
        var place = new PositionRows();
        place.Add(car, inDrive: false, position);
        return new(
            StartSql, [Value.Of(car.Value), Value.Of(at), .. place.Parameters()],
            reader => new Outcome.ChargingStarted(car, new(reader.GetInt32(0)), lookUpAddress));
    }

    /// <summary>What keeps a reading from being a row, in the reference's words; empty when nothing does.</summary>
    public static string Problems(ChargeReading charge)
    {
        List<string> problems = [];
        if (Column.Double(charge.IdealRangeKm ?? charge.RatedRangeKm) is null)
            problems.Add("ideal_battery_range_km can't be blank");
        if (charge.ChargerPhases <= 0)
            problems.Add("charger_phases must be greater than 0");
        return string.Join(", ", problems);
    }

    public static Statement InsertCharge(CarId car, ChargeReading charge) => new(
        InsertChargeSql,
        [
            Value.Of(car.Value), Value.Of(charge.Date), Value.Of(Column.Numeric(charge.EnergyAddedKwh, 8, 2)),
            Value.Of(Column.Small(charge.ChargerPowerKw ?? 0)),
            Value.Of(Column.Numeric(charge.IdealRangeKm, 6, 2)), Value.Of(Column.Numeric(charge.RatedRangeKm, 6, 2)),
            Value.Of(Column.Small(charge.BatteryLevel)), Value.Of(Column.Small(charge.UsableBatteryLevel)),
            Value.Of(Column.Small(charge.ChargerActualCurrentA)), Value.Of(Column.Small(charge.ChargerPilotCurrentA)),
            Value.Of(Column.Small(charge.ChargerPhases)), Value.Of(Column.Small(charge.ChargerVoltageV)),
            Value.Of(charge.BatteryHeater), Value.Of(charge.BatteryHeaterOn), Value.Of(charge.BatteryHeaterNoPower),
            Value.Of(charge.NotEnoughPowerToHeat),
            Value.Of(Column.Text(charge.ConnectedCable)), Value.Of(charge.FastChargerPresent),
            Value.Of(Column.Text(charge.FastChargerBrand)), Value.Of(Column.Text(charge.FastChargerType)),
            Value.Of(Column.Numeric(charge.OutsideTempC, 4, 1)),
        ],
        Missing: new Outcome.WithoutBeginning(car, new LogbookEntry.InsertCharge(charge)));

    /// <summary>Completes the open process, then derives the car's efficiency.</summary>
    /// <param name="missing">What it means that none is open; null when that is fine.</param>
    public static IEnumerable<Statement> CompleteOpen(CarId car, DateTimeOffset at, double? usedKwh = null, Outcome? missing = null) =>
    [
        new(CompleteOpenSql, [Value.Of(car.Value), Value.Of(at), Used(usedKwh)], reader => ReadCompleted(reader, car)),
        new("update teslamate.car_logs set charging_process_id = null where car_id = $1 and charging_process_id is not null returning car_id",
            [Value.Of(car.Value)], Missing: missing),
        EfficiencyStatements.Derive(car),
    ];

    /// <summary>Completes, or computes again, a process by its number, then derives the car's efficiency.</summary>
    public static IEnumerable<Statement> Complete(CarId car, ChargingProcessId process, DateTimeOffset at) =>
    [
        new(CompleteByIdSql, [Value.Of(process.Value), Value.Of(at), Used(null)], reader => ReadCompleted(reader, car)),
        EfficiencyStatements.Derive(car),
    ];

    static NpgsqlParameter Used(double? kwh) => Value.Of(double.IsFinite(kwh ?? 0) ? (decimal?)kwh : null);

    /// <summary>Completes a process by its number; the efficiency is derived by the caller, once for many.</summary>
    public static Statement CompleteOne(CarId car, ChargingProcessId process, DateTimeOffset at)
        => new(CompleteByIdSql, [Value.Of(process.Value), Value.Of(at), Used(null)], reader => ReadCompleted(reader, car));

    static Outcome.ChargingCompleted ReadCompleted(NpgsqlDataReader reader, CarId car) => new(
        car, new(reader.GetInt32(0)),
        AddedKwh: reader.Decimal(1),
        UsedKwh: reader.Decimal(2),
        DurationMin: reader.Small(3),
        Phases: reader.Double(4),
        ReportedPhases: reader.Integer(5),
        MeasuredPhases: reader.Integer(6),
        VoltageV: reader.Double(7));

    /// <summary>
    /// Everything about the end of a charging process in one statement. The averages that the phase rules (7.4) compare with halves and thirds are
    /// decimal, as the rules are; the energy is a sum of doubles in the order of time, as the reference's is.
    /// </summary>
    /// <param name="process">The process's number as SQL; <c>$2</c> is the end of one without charges, <c>$3</c> what the charger counted.</param>
    static string CompleteSql(string process) => $"""
        with track as materialized (
            select
                id, date, charge_energy_added as energy, charger_power as power, charger_actual_current as current, charger_voltage as voltage,
                charger_phases as phases, fast_charger_type, battery_level as level, outside_temp,
                ideal_battery_range_km as ideal, rated_battery_range_km as rated,
                extract(epoch from date - lag(date) over (order by date, id))::float8 as seconds
            from public.charges
            where charging_process_id = {process}),
        beginning as (select * from track order by date, id limit 1),
        ending as (select * from track order by date desc, id desc limit 1),
        measured as (
            select
                count(*) as charges, max(energy) as energy_max, avg(outside_temp) as outside_temp, avg(voltage)::float8 as voltage,
                round(avg(phases)) as reported,
                avg(power * 1000.0 / nullif(current::integer * voltage::integer, 0)) as phases
            from track),
        supply as (
            select case
                    when measured.phases is null or measured.phases <= 0 or measured.charges <= 15 then null
                    when measured.reported = round(measured.phases) then measured.reported::float8
                    when measured.reported = 3 and abs(measured.phases::float8 / sqrt(3::float8) - 1) <= 0.1 then sqrt(3::float8)
                    when round(measured.phases) > 0 and abs(round(measured.phases) - measured.phases) <= 0.3 then round(measured.phases)::float8
                end as phases
            from measured),
        drawn as (
            select
                track.id, track.date,
                case
                    when track.phases is not null and supply.phases is not null and track.current is not null and track.voltage is not null
                        then supply.phases * track.current * track.voltage / 1000
                    else track.power
                end * track.seconds / 3600 as kwh
            from track
            cross join supply
            where track.seconds is not null),
        charger as (
            select fast_charger_type as type
            from track
            where power > 0 and fast_charger_type is not null
            group by fast_charger_type
            order by count(*) desc, fast_charger_type
            limit 1),
        energy as (
            select
                case when net >= 0 then least(net, 999999.99) end as added,
                coalesce(case when $3 >= 0 then least($3, 999999.99) end, case when drawn >= 0 then least(drawn, 999999.99) end) as used
            from (
                select
                    case when ending.energy <> 0 then ending.energy else measured.energy_max end - beginning.energy as net,
                    (select sum(kwh order by date, id) filter (where kwh >= 0) from drawn)::numeric as drawn
                from beginning, ending, measured) counter),
        span as (
            select least(round(extract(epoch from ending.date - beginning.date) / 60), 32767)::smallint as minutes
            from beginning, ending),
        price as (
            select case
                    when charger.type like 'Tesla%' and car_settings.free_supercharging then 0
                    when fence.billing_type = 'per_kwh' and (energy.added is not null or energy.used is not null)
                        then {CostSql("fence.session_fee", "fence.cost_per_unit * greatest(energy.added, energy.used)")}
                    when fence.billing_type = 'per_minute' and span.minutes is not null
                        then {CostSql("fence.session_fee", "fence.cost_per_unit * span.minutes")}
                end as cost
            from public.charging_processes
            join public.cars on cars.id = charging_processes.car_id
            join public.car_settings on car_settings.id = cars.settings_id
            cross join energy
            cross join span
            left join public.geofences fence on fence.id = charging_processes.geofence_id
            left join charger on true
            where charging_processes.id = {process}),
        completed as (
            update public.charging_processes
            set start_date = beginning.date, end_date = ending.date, duration_min = span.minutes,
                start_ideal_range_km = beginning.ideal, end_ideal_range_km = ending.ideal,
                start_rated_range_km = beginning.rated, end_rated_range_km = ending.rated,
                start_battery_level = beginning.level, end_battery_level = ending.level,
                outside_temp_avg = measured.outside_temp, charge_energy_added = energy.added, charge_energy_used = energy.used,
                -- least and greatest skip nulls.
                cost = case when price.cost is not null then least(greatest(price.cost, -999999999999.99), 999999999999.99) end
            from beginning, ending, measured, energy, span, price
            where charging_processes.id = {process}
            returning charging_processes.id, charging_processes.charge_energy_added, charging_processes.charge_energy_used,
                charging_processes.duration_min),
        emptied as (
            update public.charging_processes
            set end_date = greatest($2, charging_processes.start_date), charge_energy_added = null, charge_energy_used = null, cost = null
            where id = {process} and not exists (select from track)
            returning id, charge_energy_added, charge_energy_used, duration_min)
        select ended.*, supply.phases, measured.reported::integer, round(measured.phases)::integer, measured.voltage
        from (select * from completed union all select * from emptied) ended
        cross join supply
        cross join measured
        """;

    /// <summary>A fee and a product of which either may be missing; null when both are.</summary>
    static string CostSql(string fee, string product) => $"""
        case when {fee} is not null or {product} is not null then coalesce({fee}, 0) + coalesce({product}, 0) end
        """;
}
