-- Measures 3 of 6: charges (docs/measures.md; M4 to M8, M11, M14).
-- What charges rows say of one charging process, as kept in teslamate.charge_samples.
drop function if exists teslamate.charge_sample(integer);
create function teslamate.charge_sample(process integer)
returns table (samples integer, kind text, charger_brand text, power_max smallint, first_usable smallint, last_usable smallint, last_rated_km double precision,
    curve_levels smallint[], curve_kw double precision[], curve_minutes smallint[], curve_minute_kw double precision[],
    level_reached smallint[], level_reached_s double precision[], power_mean double precision, current_mean double precision,
    voltage_mean double precision, added_max double precision, is_heated boolean, level_mean double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 1 language sql as $$
    with samples as materialized (
        select c.*, teslamate.seconds(c.date - min(c.date) over ()) as since_begin
        from public.charges as c
        where c.charging_process_id = process
    ), powered as (
        select * from samples where charger_power > 0
    ), curve as (
        select array_agg(battery_level order by battery_level) as levels, array_agg(kw order by battery_level) as kw
        from (select battery_level, avg(charger_power)::double precision as kw from samples where charger_power > 0 and battery_level is not null group by battery_level) as by_level
    ), minutes as (
        select array_agg(minute order by minute) as minutes, array_agg(kw order by minute) as kw
        from (select least(floor(since_begin / 60), 32767)::smallint as minute, avg(charger_power)::double precision as kw from samples where charger_power > 0 group by 1) as by_minute
    ), reached as (
        select array_agg(battery_level order by battery_level) as levels, array_agg(s order by battery_level) as s
        from (select battery_level, min(since_begin) as s from samples where battery_level is not null group by battery_level) as by_level
    ), means as (
        select avg(charger_power)::double precision as power, avg(charger_actual_current)::double precision as current,
            avg(charger_voltage)::double precision as voltage, max(charge_energy_added)::double precision as added,
            coalesce(bool_or(battery_heater_on), false) or coalesce(bool_or(battery_heater), false) as is_heated,
            avg(battery_level)::double precision as level
        from samples
    )
    select (select count(*) from samples)::integer,
        (select case
            when count(*) = 0 then null
            when mode() within group (order by fast_charger_type) = 'ACSingleWireCAN' then 'ac'
            when mode() within group (order by fast_charger_present) then 'dc'
            when not mode() within group (order by fast_charger_present) then 'ac'
            when coalesce(mode() within group (order by charger_phases), 0) = 0 then 'dc'
            else 'ac'
        end from powered),
        (select mode() within group (order by fast_charger_brand) from samples),
        (select max(charger_power) from samples),
        (select coalesce(usable_battery_level, battery_level) from samples order by date, id limit 1),
        (select coalesce(usable_battery_level, battery_level) from samples order by date desc, id desc limit 1),
        (select rated_battery_range_km::double precision from samples order by date desc, id desc limit 1),
        coalesce(curve.levels, '{}'), coalesce(curve.kw, '{}'), coalesce(minutes.minutes, '{}'), coalesce(minutes.kw, '{}'),
        coalesce(reached.levels, '{}'), coalesce(reached.s, '{}'),
        means.power, means.current, means.voltage, means.added, means.is_heated, means.level
    from curve, minutes, reached, means
$$;
comment on function teslamate.charge_sample(integer)
    is 'M6, M11, M14. Of one charging process: rows, kind ac, dc or null (unknown), most frequent brand, highest kW, usable level (else level) of first and last row, rated km of the
last row, mean kW per level and per minute since the first row (rows with power above 0), seconds from the first row until each level was met first;
over all rows means of kW, A, V and level, the most kWh added, and whether a heater was on.';

drop function if exists teslamate.unkept_charges(integer, timestamp, timestamp);
create function teslamate.unkept_charges(car integer, since timestamp, until timestamp) returns table (start_date timestamp) stable parallel safe language sql as $$
    select p.start_date
    from public.charging_processes as p
    left join teslamate.charge_samples as k on k.charging_process_id = p.id and k.start_date = p.start_date and k.end_date = p.end_date
        and k.position_id = p.position_id
    where p.car_id = car and teslamate.is_within(p.start_date, since, until) and teslamate.is_time(p.end_date) and k.charging_process_id is null
$$;
comment on function teslamate.unkept_charges(integer, timestamp, timestamp)
    is 'The starts of the charging processes of [since, until) of which nothing is kept, one that goes on among them.';

drop function if exists teslamate.charges_computed_since(integer, timestamp, timestamp);
create function teslamate.charges_computed_since(car integer, since timestamp, until timestamp) returns timestamp stable parallel safe set jit = off language sql as $$
    select coalesce((
        select start_date from teslamate.unkept_charges(car, since, until) order by start_date desc offset teslamate.most_unkept() - 1 limit 1
    ), timestamp '-infinity')
$$;
comment on function teslamate.charges_computed_since(integer, timestamp, timestamp)
    is 'The start from which on charging processes of which nothing is kept are computed, as teslamate.drives_computed_since.';

drop function if exists teslamate.charge_facts(integer, timestamp, timestamp);
create function teslamate.charge_facts(car integer, since timestamp, until timestamp)
returns table (charging_process_id integer, car_id smallint, start_date timestamp, end_date timestamp, is_open boolean, is_counted boolean, duration_s double precision,
    duration_min smallint, energy_added_kwh double precision, energy_used_kwh double precision, has_used boolean, is_used_below_added boolean, efficiency double precision,
    cost numeric, is_priced boolean, price_per_kwh double precision, kind text, charger_brand text, power_avg_kw double precision, power_max_kw smallint,
    start_range_km double precision, end_range_km double precision, range_gained_km double precision, range_rate_kmh double precision,
    start_rated_km double precision, end_rated_km double precision, start_level smallint, end_level smallint, first_usable smallint, last_usable smallint,
    last_rated_km double precision, outside_temp_c double precision, odometer_km double precision, latitude double precision, longitude double precision,
    position_id integer, address_id integer, geofence_id integer)
stable parallel safe language sql as $$
    select p.id, p.car_id, p.start_date, p.end_date, p.end_date is null, p.end_date is not null and coalesce(p.added, 0) > 0.01, seconds, p.duration_min,
        added::double precision, greatest(used, added)::double precision, used is not null, coalesce(used < added, false),
        case when used is not null then (added / nullif(greatest(used, added), 0))::double precision end,
        cost, cost is not null, (cost / nullif(greatest(used, added), 0))::double precision,
        kind, brand, added::double precision * 3600 / nullif(seconds, 0), power_max,
        from_range, to_range, to_range - from_range, (to_range - from_range) * 3600 / nullif(seconds, 0),
        start_rated_range_km::double precision, end_rated_range_km::double precision, start_battery_level, end_battery_level, first_usable, last_usable, last_rated_km,
        outside_temp_avg::double precision, odometer, latitude, longitude, position_id, address_id, geofence_id
    from (
        select p.*, p.charge_energy_added as added, p.charge_energy_used as used, teslamate.seconds(p.end_date - p.start_date) as seconds,
            (case when ideal then p.start_ideal_range_km else p.start_rated_range_km end)::double precision as from_range,
            (case when ideal then p.end_ideal_range_km else p.end_rated_range_km end)::double precision as to_range,
            case when k.charging_process_id is null then s.kind else k.kind end as kind,
            case when k.charging_process_id is null then s.charger_brand else k.charger_brand end as brand,
            case when k.charging_process_id is null then s.power_max else k.power_max end as power_max,
            case when k.charging_process_id is null then s.first_usable else k.first_usable end as first_usable,
            case when k.charging_process_id is null then s.last_usable else k.last_usable end as last_usable,
            case when k.charging_process_id is null then s.last_rated_km else k.last_rated_km end as last_rated_km,
            coalesce(k.odometer_km, place.odometer) as odometer, coalesce(k.latitude, place.latitude::double precision) as latitude,
            coalesce(k.longitude, place.longitude::double precision) as longitude
        from public.charging_processes as p
        left join teslamate.charge_samples as k on k.charging_process_id = p.id and k.start_date = p.start_date and k.end_date = p.end_date
            and k.position_id = p.position_id
        left join lateral (
            select n.odometer, n.latitude, n.longitude from public.positions as n where n.id = p.position_id and k.charging_process_id is null offset 0
        ) as place on true
        left join lateral (
            select m.*
            from (
                -- Asked once, as of drives.
                select where k.charging_process_id is null and p.start_date >= (select teslamate.charges_computed_since(car, since, until)) offset 0
            ) as missing
            cross join lateral teslamate.charge_sample(p.id) as m
        ) as s on true
        cross join (select teslamate.is_ideal_range() as ideal offset 0) as preference
        where p.car_id = car and teslamate.is_within(p.start_date, since, until)
            and teslamate.is_time(p.end_date)
        offset 0
    ) as p
$$;
comment on function teslamate.charge_facts(integer, timestamp, timestamp)
    is 'M1, M4, M6, M7. Charging processes that start in [since, until) (null: no limit). is_counted: has an end and more than 0.01 kWh added; sums take counted ones only.
energy_used_kwh: the greater of used and added; efficiency (0 to 1) only where used is known; kind ac, dc or null (unknown). Units kWh, kW, km, km/h, %, °C, s; cost in the
owner''s currency, null is unpriced, 0 is free. What rows say (kind, brand, most power, last reading) is computed for the newest most_unkept() of which nothing is kept, and
unknown for the rest, which teslamate.left_out counts: none once all are kept.';

drop function if exists teslamate.left_out(integer, timestamp, timestamp);
create function teslamate.left_out(car integer, since timestamp, until timestamp) returns table (drives bigint, charges bigint)
stable parallel safe set jit = off rows 1 language sql as $$
    with drives as materialized (
        select start_date from teslamate.unkept_drives(car, since, until)
    ), charges as materialized (
        select start_date from teslamate.unkept_charges(car, since, until)
    )
    -- As teslamate.drives_computed_since and teslamate.charges_computed_since, of the same rows.
    select
        (select count(*) from drives
         where start_date < (select start_date from drives order by start_date desc offset teslamate.most_unkept() - 1 limit 1)),
        (select count(*) from charges
         where start_date < (select start_date from charges order by start_date desc offset teslamate.most_unkept() - 1 limit 1))
$$;
comment on function teslamate.left_out(integer, timestamp, timestamp)
    is 'Drives and charging processes of the window that are in no measure of their samples yet, because nothing is kept of them and they are beyond the newest most_unkept().';

drop function if exists teslamate.charge_list(integer, timestamp, timestamp);
create function teslamate.charge_list(car integer, since timestamp, until timestamp)
returns table (charging_process_id integer, car_id smallint, start_date timestamp, end_date timestamp, is_open boolean, is_counted boolean, duration_s double precision,
    duration_min smallint, energy_added_kwh double precision, energy_used_kwh double precision, has_used boolean, is_used_below_added boolean, efficiency double precision,
    cost numeric, price_per_kwh double precision, kind text, is_supercharger boolean, power_avg_kw double precision, power_max_kw smallint,
    start_range_km double precision, end_range_km double precision, range_gained_km double precision, range_rate_kmh double precision,
    start_level smallint, end_level smallint, outside_temp_c double precision, odometer_km double precision, latitude double precision, longitude double precision,
    place text, address_id integer, geofence_id integer)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    select f.charging_process_id, f.car_id, f.start_date, f.end_date, f.is_open, f.is_counted, f.duration_s, f.duration_min, f.energy_added_kwh, f.energy_used_kwh, f.has_used,
        f.is_used_below_added, f.efficiency, f.cost, f.price_per_kwh, f.kind,
        coalesce(f.kind = 'dc', false) and (coalesce(f.charger_brand = 'Tesla', false) or coalesce(a.display_name ilike '%supercharger%', false)
            or coalesce(a.name ilike '%supercharger%', false) or coalesce(g.name ilike '%supercharger%', false)),
        f.power_avg_kw, f.power_max_kw, f.start_range_km, f.end_range_km, f.range_gained_km, f.range_rate_kmh, f.start_level, f.end_level, f.outside_temp_c, f.odometer_km,
        f.latitude, f.longitude, teslamate.place_label(g.name, a.name, a.road, a.house_number, a.city), f.address_id, f.geofence_id
    from teslamate.charge_facts(car, since, until) as f
    left join public.addresses as a on a.id = f.address_id
    left join public.geofences as g on g.id = f.geofence_id;
end
$$;
comment on function teslamate.charge_list(integer, timestamp, timestamp)
    is 'teslamate.charge_facts with places. is_supercharger: DC with brand Tesla or a place that is called one. Open and uncounted processes are in it; filter by is_counted.';

drop function if exists teslamate.charge_statistics(integer, timestamp, timestamp, text, text, integer[], integer);
drop function if exists teslamate.charge_statistics(integer, timestamp, timestamp, text, text, integer[], integer, boolean);
create function teslamate.charge_statistics(car integer, since timestamp, until timestamp, zone text, period text, geofences integer[] default null, min_minutes integer default null,
    with_total boolean default false)
returns table (period_key timestamp, charges bigint, open_charges bigint, uncounted_charges bigint, energy_added_kwh double precision, energy_used_kwh double precision,
    energy_used_ac_kwh double precision, energy_used_dc_kwh double precision, energy_added_ac_kwh double precision, energy_added_dc_kwh double precision,
    charges_ac bigint, charges_dc bigint, charging_s double precision, charging_ac_s double precision, charging_dc_s double precision,
    efficiency double precision, efficiency_ac double precision, efficiency_dc double precision,
    cost numeric, cost_ac numeric, cost_dc numeric, cost_supercharger numeric, priced_charges bigint, price_per_kwh double precision, price_per_added_kwh double precision,
    price_ac_per_kwh double precision, price_dc_per_kwh double precision, price_coverage double precision, energy_per_charge_kwh double precision,
    price_ac_coverage double precision, price_dc_coverage double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    with f as (
        select *, teslamate.period_key(start_date, t.sum_period, zone) as key, is_counted and kind = 'ac' as ac, is_counted and kind = 'dc' as dc, is_counted and cost is not null as priced
        from teslamate.charge_list(car, since, until)
        cross join teslamate.sums(with_total, period) as t
        where (geofences is null or coalesce(geofence_id, 0) = any (geofences)) and (min_minutes is null or duration_min >= min_minutes)
    )
    select key, count(*) filter (where is_counted), count(*) filter (where is_open), count(*) filter (where not is_counted and not is_open),
        coalesce(sum(energy_added_kwh) filter (where is_counted), 0), coalesce(sum(energy_used_kwh) filter (where is_counted), 0),
        coalesce(sum(energy_used_kwh) filter (where ac), 0), coalesce(sum(energy_used_kwh) filter (where dc), 0),
        coalesce(sum(energy_added_kwh) filter (where ac), 0), coalesce(sum(energy_added_kwh) filter (where dc), 0),
        count(*) filter (where ac), count(*) filter (where dc),
        coalesce(sum(duration_s) filter (where is_counted), 0), coalesce(sum(duration_s) filter (where ac), 0), coalesce(sum(duration_s) filter (where dc), 0),
        sum(energy_added_kwh) filter (where is_counted and has_used) / nullif(sum(energy_used_kwh) filter (where is_counted and has_used), 0),
        sum(energy_added_kwh) filter (where ac and has_used) / nullif(sum(energy_used_kwh) filter (where ac and has_used), 0),
        sum(energy_added_kwh) filter (where dc and has_used) / nullif(sum(energy_used_kwh) filter (where dc and has_used), 0),
        sum(cost) filter (where priced), sum(cost) filter (where priced and ac), sum(cost) filter (where priced and dc), sum(cost) filter (where priced and is_supercharger),
        count(*) filter (where priced),
        sum(cost) filter (where priced)::double precision / nullif(sum(energy_used_kwh) filter (where priced), 0),
        sum(cost) filter (where priced)::double precision / nullif(sum(energy_added_kwh) filter (where priced), 0),
        sum(cost) filter (where priced and ac)::double precision / nullif(sum(energy_used_kwh) filter (where priced and ac), 0),
        sum(cost) filter (where priced and dc)::double precision / nullif(sum(energy_used_kwh) filter (where priced and dc), 0),
        coalesce(sum(energy_used_kwh) filter (where priced), 0) / nullif(sum(energy_used_kwh) filter (where is_counted), 0),
        sum(energy_used_kwh) filter (where is_counted) / nullif(count(*) filter (where is_counted), 0),
        coalesce(sum(energy_used_kwh) filter (where priced and ac), 0) / nullif(sum(energy_used_kwh) filter (where ac), 0),
        coalesce(sum(energy_used_kwh) filter (where priced and dc), 0) / nullif(sum(energy_used_kwh) filter (where dc), 0)
    from f
    group by key
$$;
comment on function teslamate.charge_statistics(integer, timestamp, timestamp, text, text, integer[], integer, boolean)
    is 'M4, M6, M7, M8 per local period that has charging processes (by their start); key as in teslamate.periods. Prices over priced charges only, with the share (0 to 1) of the
energy used that they cover. geofences: only these (0: none), null all; min_minutes: only processes of at least as many minutes. with_total: and of all of them, with the key -infinity.';

drop function if exists teslamate.charge_stops(integer, timestamp, timestamp, boolean);
create function teslamate.charge_stops(car integer, since timestamp, until timestamp, counted_only boolean default true)
returns table (first_process_id integer, start_date timestamp, end_date timestamp, is_open boolean, processes integer[], charges bigint, plugged_s double precision,
    charging_s double precision, energy_added_kwh double precision, energy_used_kwh double precision, efficiency double precision, cost numeric, priced_charges bigint,
    price_per_kwh double precision, price_coverage double precision, kind text, start_level smallint, end_level smallint, start_range_km double precision,
    end_range_km double precision, power_max_kw smallint, outside_temp_c double precision, odometer_km double precision, latitude double precision,
    longitude double precision, place text, address_id integer, geofence_id integer)
stable parallel safe set jit = off set work_mem = '32MB' language sql as $$
    with charges as (
        select f.*
        from teslamate.charge_list(car, (
            -- A stop that began before the window keeps its later processes.
            select max(d.start_date) from public.drives as d where d.car_id = car and d.start_date < coalesce(since, timestamp '1900-01-01')), (
            -- One that goes on beyond it has them all: they belong to no other window.
            select min(d.start_date) from public.drives as d where d.car_id = car and d.start_date >= until)) as f
        where f.is_counted or not counted_only
    ), events as (
        select start_date, charging_process_id, odometer_km, 0 as drives from charges
        union all
        select d.start_date, null, null, 1 from public.drives as d
        where d.car_id = car and d.start_date >= (select min(start_date) from charges) and d.start_date < coalesce(until, timestamp 'infinity')
    ), driven as (
        select *, sum(drives) over (order by start_date, drives desc, charging_process_id) as drives_before from events
    ), borders as (
        select charging_process_id,
            case
                when drives_before is distinct from lag(drives_before) over w then 1
                -- Rounded to millimetres: 1000.1 - 1000 is more than 0.1 in binary.
                when round(abs(odometer_km - lag(odometer_km) over w)::numeric, 6) > 0.1 then 1
                else 0
            end as begins
        from driven
        where charging_process_id is not null
        window w as (order by start_date, charging_process_id)
    ), numbered as (
        select c.*, sum(b.begins) over (order by c.start_date, c.charging_process_id) as stop
        from charges as c join borders as b on b.charging_process_id = c.charging_process_id
    ), stops as (
        select array_agg(charging_process_id order by start_date, charging_process_id) as ids, min(start_date) as starts, max(end_date) as ends,
            bool_or(is_open) as is_open, coalesce(sum(duration_s), 0) as seconds, coalesce(sum(energy_added_kwh), 0) as added,
            coalesce(sum(energy_used_kwh), 0) as used, sum(energy_added_kwh) filter (where has_used) as added_of_used,
            sum(energy_used_kwh) filter (where has_used) as known_used, sum(cost) as cost, count(cost) as priced,
            sum(energy_used_kwh) filter (where cost is not null) as priced_used, sum(energy_used_kwh) as all_used,
            mode() within group (order by kind) as kind, max(power_max_kw) as power_max, avg(outside_temp_c) as outside_temp
        from numbered
        group by stop
        having teslamate.is_within(min(start_date), since, until)
    )
    select ids[1], starts, case when s.is_open then null else ends end, s.is_open, ids, cardinality(ids)::bigint, teslamate.seconds(ends - starts), seconds,
        added, used, added_of_used / nullif(known_used, 0), s.cost, priced, s.cost::double precision / nullif(priced_used, 0),
        coalesce(priced_used, 0) / nullif(all_used, 0), s.kind, f.start_level, l.end_level, f.start_range_km, l.end_range_km, power_max, outside_temp,
        f.odometer_km, f.latitude, f.longitude, f.place, f.address_id, f.geofence_id
    from stops as s
    join charges as f on f.charging_process_id = ids[1]
    join charges as l on l.charging_process_id = ids[cardinality(ids)]
    order by 2 desc
$$;
comment on function teslamate.charge_stops(integer, timestamp, timestamp, boolean)
    is 'M5. Charging stops whose first process starts in [since, until): processes without a drive between them, odometers within 0.1 km. First start and level, last end and level,
sums, plugged and charging seconds. counted_only false takes open and empty processes too. Newest first.';

drop function if exists teslamate.charge_places(integer, timestamp, timestamp, integer[], integer);
create function teslamate.charge_places(car integer, since timestamp, until timestamp, geofences integer[] default null, min_minutes integer default null)
returns table (place text, charges bigint, energy_added_kwh double precision, energy_used_kwh double precision, energy_share double precision, cost numeric,
    priced_charges bigint, price_per_kwh double precision, price_coverage double precision, charging_s double precision, charges_dc bigint, latitude double precision,
    longitude double precision, geofence_id integer, address_id integer, last_charge timestamp)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    select f.place, count(*), sum(f.energy_added_kwh), sum(f.energy_used_kwh), sum(f.energy_added_kwh) / nullif(sum(sum(f.energy_added_kwh)) over (), 0),
        sum(f.cost), count(f.cost), sum(f.cost)::double precision / nullif(sum(f.energy_used_kwh) filter (where f.cost is not null), 0),
        coalesce(sum(f.energy_used_kwh) filter (where f.cost is not null), 0) / nullif(sum(f.energy_used_kwh), 0), sum(f.duration_s), count(*) filter (where f.kind = 'dc'),
        avg(f.latitude), avg(f.longitude), max(f.geofence_id), max(f.address_id), max(f.start_date)
    from teslamate.charge_list(car, since, until) as f
    where f.is_counted and (geofences is null or coalesce(f.geofence_id, 0) = any (geofences)) and (min_minutes is null or f.duration_min >= min_minutes)
    group by f.place
    order by 3 desc, 1
$$;
comment on function teslamate.charge_places(integer, timestamp, timestamp, integer[], integer)
    is 'M4, M8 per place: counted charges of the window, most energy first; place is null where it is unknown.';

drop function if exists teslamate.charge_levels(integer, timestamp, timestamp, text);
create function teslamate.charge_levels(car integer, since timestamp, until timestamp, side text)
returns table (level integer, charges bigint)
stable parallel safe set jit = off set work_mem = '32MB' rows 20 set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with ends as (
        select end_date, case side when 'start' then start_level else end_level end as level, true as is_charge from teslamate.charge_facts(car, since, until) where is_counted
        union all
        select end_date, null, false from teslamate.drive_facts(car, since, until) where not is_open
    ), neighbours as (
        select level, is_charge, case side when 'start' then lag(is_charge) over w else lead(is_charge) over w end as neighbour_charges
        from ends
        window w as (order by end_date, is_charge)
    )
    select level / 5 * 5, count(*)
    from neighbours
    where is_charge and not coalesce(neighbour_charges, false) and level is not null
    group by 1
    order by 2 desc, 1;
end
$$;
comment on function teslamate.charge_levels(integer, timestamp, timestamp, text)
    is 'Counted charges per class of 5 % of the level where they start (side start) or end (side end); of charges without a drive between them only the first or last counts.';

drop function if exists teslamate.charge_sessions(integer, timestamp, timestamp, integer, integer);
create function teslamate.charge_sessions(car integer, since timestamp, until timestamp, from_level integer default 10, to_level integer default 80)
returns table (charging_process_id integer, start_date timestamp, end_date timestamp, place text, is_supercharger boolean, outside_temp_c double precision,
    start_level smallint, end_level smallint, energy_added_kwh double precision, efficiency double precision, power_avg_kw double precision, power_max_kw smallint,
    span_s double precision, curve_levels smallint[], curve_kw double precision[], curve_minutes smallint[], curve_minute_kw double precision[])
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with sessions as (
        select f.*, case when k.charging_process_id is null then s.curve_levels else k.curve_levels end as curve_levels,
            case when k.charging_process_id is null then s.curve_kw else k.curve_kw end as curve_kw,
            case when k.charging_process_id is null then s.curve_minutes else k.curve_minutes end as curve_minutes,
            case when k.charging_process_id is null then s.curve_minute_kw else k.curve_minute_kw end as curve_minute_kw,
            case when k.charging_process_id is null then s.level_reached else k.level_reached end as level_reached,
            case when k.charging_process_id is null then s.level_reached_s else k.level_reached_s end as level_reached_s
        from teslamate.charge_list(car, since, until) as f
        left join teslamate.charge_samples as k on k.charging_process_id = f.charging_process_id and k.start_date = f.start_date and k.end_date = f.end_date
        left join lateral (
            select m.* from (select where k.charging_process_id is null offset 0) as missing cross join lateral teslamate.charge_sample(f.charging_process_id) as m
        ) as s on true
        where f.kind = 'dc' and f.is_counted
    )
    select charging_process_id, start_date, end_date, place, is_supercharger, outside_temp_c, start_level, end_level, energy_added_kwh, efficiency, power_avg_kw, power_max_kw,
        case when level_reached[1] <= from_level then
            (select min(s) filter (where r.level >= to_level) - min(s) filter (where r.level >= from_level)
             from unnest(level_reached, level_reached_s) as r (level, s)) end,
        curve_levels, curve_kw, curve_minutes, curve_minute_kw
    from sessions;
end
$$;
comment on function teslamate.charge_sessions(integer, timestamp, timestamp, integer, integer)
    is 'M14. Counted DC charges of the window: mean kW per level and per minute, mean kW of the session (energy added / time), seconds from from_level to to_level (null unless it
began at or below from_level and met to_level).';

drop function if exists teslamate.charge_curve(integer, timestamp, timestamp, text, text);
create function teslamate.charge_curve(car integer, since timestamp, until timestamp, axis text default 'level', place_text text default null)
returns table (x integer, sessions bigint, median_kw double precision, low_kw double precision, high_kw double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    select point.x::integer, count(*), percentile_cont(0.5) within group (order by point.kw), percentile_cont(0.1) within group (order by point.kw),
        percentile_cont(0.9) within group (order by point.kw)
    from teslamate.charge_sessions(car, since, until) as s
    cross join lateral unnest(case axis when 'minute' then s.curve_minutes else s.curve_levels end, case axis when 'minute' then s.curve_minute_kw else s.curve_kw end)
        as point (x, kw)
    where place_text is null or strpos(lower(coalesce(s.place, '')), lower(place_text)) > 0
    group by point.x
    order by point.x
$$;
comment on function teslamate.charge_curve(integer, timestamp, timestamp, text, text)
    is 'M14. Median over DC sessions of their mean kW per level in % (axis level) or per minute since the begin (axis minute), with their number and the 10 to 90 % band.';

drop function if exists teslamate.median_of_five(double precision, double precision, double precision, double precision, double precision);
create function teslamate.median_of_five(a double precision, b double precision, c double precision, d double precision, e double precision)
returns double precision immutable parallel safe language sql as $$
    -- Of a to d neither the least nor the greatest is the median of all: it is the middle one of the two between them and e. Of percentile_cont it is the same.
    select greatest(
        least(greatest(least(a, b), least(c, d)), least(greatest(a, b), greatest(c, d))),
        least(greatest(greatest(least(a, b), least(c, d)), least(greatest(a, b), greatest(c, d))), e))
$$;
comment on function teslamate.median_of_five(double precision, double precision, double precision, double precision, double precision)
    is 'The median of five known numbers, which is one of them.';

drop function if exists teslamate.capacity_samples(integer, timestamp, timestamp);
create function teslamate.capacity_samples(car integer, since timestamp, until timestamp)
returns table (charging_process_id integer, end_date timestamp, odometer_km double precision, capacity_kwh double precision, range_km double precision,
    constant_kwh_per_km double precision, number bigint, capacity_median_kwh double precision, range_median_km double precision, constant_before double precision,
    is_step boolean)
stable parallel safe set jit = off set work_mem = '32MB' language sql as $$
    with samples as (
        select f.charging_process_id, f.start_date, f.end_date, f.odometer_km,
            f.energy_added_kwh / (f.end_rated_km - f.start_rated_km) * f.last_rated_km * 100 / f.last_usable as capacity,
            f.last_rated_km * 100 / f.last_usable as range_km,
            f.energy_added_kwh / (f.end_rated_km - f.start_rated_km) as constant,
            row_number() over (order by f.end_date, f.charging_process_id) as number
        from teslamate.charge_facts(car, null, null) as f
        where f.is_counted and f.last_usable >= 50 and f.energy_added_kwh >= 10
            -- Rounded as the log is: 190.07 - 130.07 is less than 60 in binary.
            and round((f.end_rated_km - f.start_rated_km)::numeric, 2) >= 60 and f.last_rated_km > 0
    ), framed as (
        select *, lag(capacity, 1) over w as capacity_1, lag(capacity, 2) over w as capacity_2, lag(capacity, 3) over w as capacity_3, lag(capacity, 4) over w as capacity_4,
            lag(range_km, 1) over w as range_1, lag(range_km, 2) over w as range_2, lag(range_km, 3) over w as range_3, lag(range_km, 4) over w as range_4,
            lag(constant, 1) over w as constant_1, lag(constant, 2) over w as constant_2, lag(constant, 3) over w as constant_3, lag(constant, 4) over w as constant_4,
            lag(constant, 5) over w as constant_5
        from samples
        window w as (order by number)
    ), medians as (
        select *, teslamate.median_of_five(capacity, capacity_1, capacity_2, capacity_3, capacity_4) as capacity_median,
            teslamate.median_of_five(range_km, range_1, range_2, range_3, range_4) as range_median,
            case
                when number > 5 then teslamate.median_of_five(constant_1, constant_2, constant_3, constant_4, constant_5)
                else (select percentile_cont(0.5) within group (order by x) from unnest(array[constant_1, constant_2, constant_3, constant_4, constant_5]) as x)
            end as constant_median
        from framed
    )
    select charging_process_id, end_date, odometer_km, capacity, range_km, constant, number, case when number >= 5 then capacity_median end,
        case when number >= 5 then range_median end, constant_median,
        coalesce(abs(constant / constant_median - 1) > 0.02 and abs(constant / constant_1 - 1) > 0.02, false)
    from medians
    where teslamate.is_within(start_date, since, until)
$$;
comment on function teslamate.capacity_samples(integer, timestamp, timestamp)
    is 'M11. One sample per charge that starts in the window, in the order of their ends, with usable level of at least 50 %, 10 kWh added and 60 km of
rated range gained: capacity in kWh, rated range at 100 % in km,
rating constant of this session in kWh/km, medians of five up to here (from the fifth on). is_step: the constant differs by more than 2 % from the median of the five before
(constant_before): wheels or firmware changed.';

drop function if exists teslamate.battery_health(integer, timestamp);
create function teslamate.battery_health(car integer, until timestamp default null)
returns table (samples bigint, capacity_new_kwh double precision, capacity_now_kwh double precision, is_new_given boolean, health double precision, degradation double precision,
    range_new_km double precision, range_now_km double precision, charges bigint, energy_added_kwh double precision, energy_used_kwh double precision,
    efficiency double precision, cycles double precision, kwh_per_level double precision, second_capacity_kwh double precision, constant_kwh_per_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 1 language sql as $$
    with samples as materialized (
        select * from teslamate.capacity_samples(car, null, until)
    ), newest as (
        select * from samples order by number desc limit 5
    ), medians as (
        select (select count(*) from samples) as n,
            (select percentile_cont(0.5) within group (order by capacity_kwh) from newest) as capacity_now,
            (select percentile_cont(0.5) within group (order by range_km) from newest) as range_now,
            (select percentile_cont(0.5) within group (order by constant_kwh_per_km) from newest) as constant,
            (select max(capacity_median_kwh) from samples) as capacity_best,
            (select max(range_median_km) from samples) as range_best
    ), charges as (
        select count(*) as n, sum(energy_added_kwh) as added, sum(energy_used_kwh) as used,
            sum(energy_added_kwh) filter (where has_used) / nullif(sum(energy_used_kwh) filter (where has_used), 0) as efficiency,
            100 * sum(energy_added_kwh) filter (where end_level - start_level >= 20) / nullif(sum(end_level - start_level) filter (where end_level - start_level >= 20), 0) as per_level
        from teslamate.charge_facts(car, null, until)
        where is_counted
    ), results as (
        select m.*, c.n as charges, c.added, c.used, c.efficiency, c.per_level, p.capacity_kwh is not null as given,
            coalesce(p.capacity_kwh, m.capacity_best, m.capacity_now) as capacity_new, coalesce(p.range_km, m.range_best, m.range_now) as range_new
        from medians as m cross join charges as c
        left join teslamate.car_preferences as p on p.car_id = car
    )
    select n, capacity_new, capacity_now, given, capacity_now / capacity_new * 100, 100 - capacity_now / capacity_new * 100, range_new, range_now, charges, coalesce(added, 0),
        coalesce(used, 0), efficiency, added / capacity_new, per_level / 100, per_level, constant
    from results
$$;
comment on function teslamate.battery_health(integer, timestamp)
    is 'M11. One row: number of samples (under five: "n of 5"), capacity when new (the owner''s value, else the largest median of five) and now (median of the newest five) in kWh, health and
degradation in %, rated range at 100 % in km, cycles (energy added / capacity when new), kWh per level in % over charges that gain 20 or more and the capacity that this means.';
