using Microsoft.AspNetCore.Http;
using TeslaMate.Database;

namespace TeslaMate.Api.Companion;

/// <summary>The battery's health by the definitions of the companion container (spec api 1.10), with which apps compare.</summary>
sealed class BatteryQueries(CompanionDatabase database)
{
    const string Health = """
        with car as (
            select cars.id, cars.efficiency, coalesce((select preferred_range::text from public.settings limit 1), 'rated') as preferred
            from public.cars
            where cars.id = $1),
        -- kWh for 100 km, as most charges say; the smallest of several that as many say.
        agreed as (
            select round(charge_energy_added / (end_rated_range_km - start_rated_range_km), 3) * 100 as factor
            from public.charging_processes
            where car_id = $1 and duration_min > 10 and end_battery_level <= 95 and charge_energy_added > 0
              and start_rated_range_km is not null and end_rated_range_km is not null and end_rated_range_km <> start_rated_range_km
            group by 1
            order by count(*) desc, 1
            limit 1),
        factor as (
            select coalesce((select factor::double precision from agreed), car.efficiency * 100) as value from car),
        readings as (
            select charges.id, charges.date, charges.usable_battery_level as level, charges.rated_battery_range_km as rated,
                case car.preferred when 'ideal' then charges.ideal_battery_range_km else charges.rated_battery_range_km end as range,
                    process.id as process_id,
                process.end_date, process.charge_energy_added
            from car
            join public.charging_processes process on process.car_id = car.id
            join public.charges on charges.charging_process_id = process.id),
        days as (
            select case when sum(level) > 0 then sum(range) / sum(level) * 100 else sum(range) * 100 end as range
            from readings
            where range is not null and level is not null
            group by date::date),
        newest as (
            select range * 100 / level as range
            from (
                (select date, range, level from readings where level > 0 and range is not null order by date desc limit 1)
                union all
                (select positions.date,
                    case car.preferred when 'ideal' then positions.ideal_battery_range_km else positions.rated_battery_range_km end,
                        positions.usable_battery_level
                from public.positions, car
                where positions.car_id = $1 and positions.ideal_battery_range_km is not null and positions.usable_battery_level > 0
                order by positions.date desc
                limit 1)) as both_kinds
            where range is not null
            order by date desc
            limit 1),
        -- Of processes that charged enough to tell.
        counted as (
            select readings.*, readings.rated::double precision * factor.value / readings.level as capacity
            from readings, factor
            where readings.end_date is not null and readings.charge_energy_added >= factor.value and readings.level > 0
                and readings.rated is not null),
        lasts as (
            select distinct on (process_id) capacity from counted order by process_id, date desc, id desc),
        recent as (
            select capacity from counted order by end_date desc, date desc limit 100)
        select (select max(range)::double precision from days), (select range::double precision from newest), (select max(capacity) from lasts),
            (select avg(capacity) from recent), (select value from factor)
        from car
        """;

    public async Task<object> HealthAsync(CompanionRequest request, HttpContext http, CancellationToken cancellationToken)
    {
        await using var rows = await database.AskAsync(
            request, Health, parameters => parameters.Add(Value.Of(request.Car)), cancellationToken);
        if (!await rows.Reader.ReadAsync(cancellationToken))
            return new ErrorAnswer("Unable to load battery health data.");
        var (most, now, factor) = (rows.Reader.Double(2) ?? 0, rows.Reader.Double(3) ?? 0, rows.Reader.Double(4) ?? 0);
        return new Answer<BatteryHealthData>(new(
            rows.Car, new(rows.Length(0) ?? 0, rows.Length(1) ?? 0, most, now, factor, most > 0 ? now / most * 100 : 0), rows.Units.Names));
    }
}
