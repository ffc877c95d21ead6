-- Measures 6 of 6: statistics per period, records, trips, places (docs/measures.md).
drop function if exists teslamate.first_event(integer);
create function teslamate.first_event(car integer) returns timestamp stable parallel safe language sql as $$
    select least(
        (select min(start_date) from public.drives where car_id = car and start_date >= timestamp '1900-01-01' and start_date < timestamp 'infinity'),
        (select min(start_date) from public.charging_processes where car_id = car and start_date >= timestamp '1900-01-01' and start_date < timestamp 'infinity'))
$$;
comment on function teslamate.first_event(integer) is 'When the first drive or charge of a car began; null without any.';

drop function if exists teslamate.statistics(integer, timestamp, timestamp, text, text, timestamp);
drop function if exists teslamate.statistics(integer, timestamp, timestamp, text, text, timestamp, boolean);
create function teslamate.statistics(car integer, since timestamp, until timestamp, zone text, period text, now_utc timestamp, with_total boolean default false)
returns table (period_key timestamp, label text, period_from timestamp, period_to timestamp, period_s double precision,
    drives bigint, open_drives bigint, uncounted_drives bigint, distance_km double precision, driving_s double precision, outside_temp_c double precision,
    driving_efficiency double precision, speed_avg_kmh double precision, speed_max_kmh smallint, longest_km double precision, climb_kwh double precision,
    net_kwh double precision, net_wh_per_km double precision, net_coverage double precision,
    gross_kwh double precision, gross_distance_km double precision, gross_wh_per_km double precision, gross_coverage double precision, overhead double precision,
    odometer_km double precision, gap_km double precision, odometer_end_km double precision,
    charges bigint, open_charges bigint, uncounted_charges bigint, charges_ac bigint, charges_dc bigint, energy_added_kwh double precision, energy_used_kwh double precision,
    energy_used_ac_kwh double precision, energy_used_dc_kwh double precision, energy_per_charge_kwh double precision, charging_s double precision,
    charge_efficiency double precision, cost numeric, cost_ac numeric, cost_dc numeric, priced_charges bigint, price_per_kwh double precision,
    price_per_added_kwh double precision, price_coverage double precision, cost_per_100_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' language sql as $$
    with d as materialized (select * from teslamate.drive_statistics(car, since, until, zone, period, with_total)),
        g as materialized (select * from teslamate.gross_statistics(car, since, until, zone, period, with_total)),
        m as materialized (select * from teslamate.mileage_statistics(car, since, until, zone, period, with_total)),
        c as materialized (select * from teslamate.charge_statistics(car, since, until, zone, period, with_total => with_total))
    select p.period_key, p.label, p.period_from, p.period_to, p.period_s,
        coalesce(d.drives, 0), coalesce(d.open_drives, 0), coalesce(d.uncounted_drives, 0), coalesce(d.distance_km, 0), coalesce(d.driving_s, 0), d.outside_temp_c,
        d.driving_efficiency, d.speed_avg_kmh, d.speed_max_kmh, d.longest_km, d.climb_kwh, d.net_kwh, d.net_wh_per_km, d.net_coverage,
        g.gross_kwh, g.gross_distance_km, g.gross_wh_per_km, g.gross_coverage, 1 - d.net_wh_per_km / nullif(g.gross_wh_per_km, 0),
        coalesce(m.odometer_km, 0), coalesce(m.gap_km, 0), m.odometer_end_km,
        coalesce(c.charges, 0), coalesce(c.open_charges, 0), coalesce(c.uncounted_charges, 0), coalesce(c.charges_ac, 0), coalesce(c.charges_dc, 0), coalesce(c.energy_added_kwh, 0),
        coalesce(c.energy_used_kwh, 0), coalesce(c.energy_used_ac_kwh, 0), coalesce(c.energy_used_dc_kwh, 0), c.energy_per_charge_kwh, coalesce(c.charging_s, 0), c.efficiency,
        c.cost, c.cost_ac, c.cost_dc, coalesce(c.priced_charges, 0), c.price_per_kwh, c.price_per_added_kwh, c.price_coverage, g.gross_wh_per_km * c.price_per_added_kwh / 10
    -- Once: the begin of all rows is looked for in all of them.
    from (select coalesce(since, teslamate.first_event(car)) as since, coalesce(until, now_utc) as until offset 0) as w
    cross join teslamate.sums(with_total, period) as t
    cross join lateral teslamate.periods(w.since, w.until, t.sum_period, zone) as p
    left join d on d.period_key = p.period_key
    left join g on g.period_key = p.period_key
    left join m on m.period_key = p.period_key
    left join c on c.period_key = p.period_key
    order by p.period_key
$$;
comment on function teslamate.statistics(integer, timestamp, timestamp, text, text, timestamp, boolean)
    is 'M3, M4, M6 to M10, M13, M22 of every local period that the window [since, until) touches, empty ones too; oldest first. with_total: before them the whole window, as with the period total, which takes far less than to ask again. since null: from the first event; until null: to now_utc.
overhead: 1 - net / gross. cost_per_100_km: gross consumption x price per kWh added. Coverages are shares from 0 to 1. What needs more than the lists of drives and charges has
functions of its own with the same key: idle_statistics, projected_range, recovery_statistics.';

drop function if exists teslamate.routes(integer, timestamp, timestamp);
create function teslamate.routes(car integer, since timestamp, until timestamp)
returns table (drive_id integer, start_date timestamp, end_date timestamp, latitudes double precision[], longitudes double precision[], parts smallint[])
stable parallel safe language sql as $$
    select d.id, d.start_date, d.end_date, coalesce(k.latitudes, n.latitudes), coalesce(k.longitudes, n.longitudes), coalesce(k.parts, n.parts)
    from public.drives as d
    left join teslamate.drive_routes as k on k.drive_id = d.id and k.start_date = d.start_date and k.end_date = d.end_date
    left join lateral (select r.* from (select where k.drive_id is null offset 0) as missing cross join lateral teslamate.drive_route(d.id) as r) as n on true
    where d.car_id = car and teslamate.is_within(d.start_date, since, until)
            and teslamate.is_time(d.end_date)
    order by d.start_date, d.id
$$;

comment on function teslamate.routes(integer, timestamp, timestamp)
    is 'M20. One line per drive that starts in [since, until), as kept or computed; see teslamate.drive_route.';

drop function if exists teslamate.records(integer, timestamp, timestamp, text);
create function teslamate.records(car integer, since timestamp, until timestamp, zone text)
returns table (record text, value double precision, date timestamp, drive_id integer, charging_process_id integer)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with drives as materialized (
        select f.drive_id, f.start_date, f.distance_km, f.duration_s, f.speed_max_kmh, f.power_max_kw, f.outside_temp_c, f.ascent_m, f.net_wh_per_km
        from teslamate.drive_facts(car, since, until) as f
        where f.is_counted
    ), days as materialized (
        select teslamate.period_key(start_date, 'day', zone) as day, count(*) as drives, sum(distance_km) as km from drives group by 1
    ), charges as materialized (
        select c.charging_process_id, c.start_date, c.energy_added_kwh, c.power_max_kw, c.cost
        from teslamate.charge_facts(car, since, until) as c
        where c.is_counted
    )
    (select 'longest_drive_km', distance_km, start_date, drive_id, null::integer from drives order by distance_km desc, start_date limit 1)
    union all
    (select 'longest_drive_s', duration_s, start_date, drive_id, null from drives order by duration_s desc, start_date limit 1)
    union all
    (select 'longest_day_km', km, teslamate.utc_time(day, zone), null, null from days order by km desc, day limit 1)
    union all
    (select 'most_drives_a_day', drives, teslamate.utc_time(day, zone), null, null from days order by drives desc, day limit 1)
    union all
    (select 'fastest_kmh', speed_max_kmh, start_date, drive_id, null from drives where speed_max_kmh is not null order by speed_max_kmh desc, start_date limit 1)
    union all
    (select 'most_power_kw', power_max_kw, start_date, drive_id, null from drives where power_max_kw is not null order by power_max_kw desc, start_date limit 1)
    union all
    (select 'coldest_drive_c', outside_temp_c, start_date, drive_id, null from drives where outside_temp_c is not null order by outside_temp_c, start_date limit 1)
    union all
    (select 'hottest_drive_c', outside_temp_c, start_date, drive_id, null from drives where outside_temp_c is not null order by outside_temp_c desc, start_date limit 1)
    union all
    (select 'most_ascent_m', ascent_m, start_date, drive_id, null from drives where ascent_m > 0 order by ascent_m desc, start_date limit 1)
    union all
    (select 'thriftiest_drive_wh_per_km', net_wh_per_km, start_date, drive_id, null from drives where distance_km >= 20 and net_wh_per_km is not null order by net_wh_per_km, start_date limit 1)
    union all
    (select 'largest_charge_kwh', energy_added_kwh, start_date, null, charging_process_id from charges order by energy_added_kwh desc, start_date limit 1)
    union all
    (select 'fastest_charge_kw', power_max_kw, start_date, null, charging_process_id from charges where power_max_kw is not null order by power_max_kw desc, start_date limit 1)
    union all
    (select 'dearest_charge', cost::double precision, start_date, null, charging_process_id from charges where cost is not null order by cost desc, start_date limit 1);
end
$$;
comment on function teslamate.records(integer, timestamp, timestamp, text) is 'P13. The records of the window with the moment and the drive or charge they stand for; none where nothing counts.';

drop function if exists teslamate.habits(integer, timestamp, timestamp, text);
create function teslamate.habits(car integer, since timestamp, until timestamp, zone text)
returns table (weekday integer, hour integer, drives bigint, distance_km double precision, charges bigint, energy_used_kwh double precision)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    select extract(isodow from local)::integer, extract(hour from local)::integer, count(drive), coalesce(sum(km), 0), count(process), coalesce(sum(kwh), 0)
    from (
        select teslamate.local_time(start_date, zone) as local, drive_id as drive, distance_km as km, null::integer as process, null::double precision as kwh
        from teslamate.drive_facts(car, since, until) where is_counted
        union all
        select teslamate.local_time(start_date, zone), null, null, charging_process_id, energy_used_kwh
        from teslamate.charge_facts(car, since, until) where is_counted
    ) as events
    group by 1, 2
    order by 1, 2;
end
$$;
comment on function teslamate.habits(integer, timestamp, timestamp, text) is 'P13. Counted drives and charges by local weekday (1 Monday to 7) and hour of their start.';

drop function if exists teslamate.trips(integer, timestamp, timestamp, double precision, double precision);
create function teslamate.trips(car integer, since timestamp, until timestamp, max_stop_h double precision default 4, min_km double precision default 100)
returns table (start_date timestamp, end_date timestamp, drives bigint, drive_ids integer[], distance_km double precision, driving_s double precision, whole_s double precision,
    speed_avg_kmh double precision, speed_with_stops_kmh double precision, net_kwh double precision, net_wh_per_km double precision, ascent_m bigint,
    charges bigint, energy_added_kwh double precision, energy_used_kwh double precision, cost numeric, price_coverage double precision, start_place text, end_place text)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with drives as (
        select d.drive_id, d.start_date, d.end_date, d.distance_km, d.duration_s, d.net_kwh, d.ascent_m,
            lag(d.end_date) over (order by d.start_date, d.drive_id) as previous_end
        from teslamate.drive_facts(car, since, until) as d
        where d.is_counted
    ), numbered as (
        select *, sum(case when start_date - previous_end < max_stop_h * interval '1 hour' then 0 else 1 end) over (order by start_date, drive_id) as trip
        from drives
    ), trips as (
        select min(start_date) as starts, max(end_date) as ends, count(*) as n, array_agg(drive_id order by start_date, drive_id) as ids,
            sum(distance_km) as km, sum(duration_s) as seconds, sum(net_kwh) as kwh,
            sum(net_kwh) * 1000 / nullif(sum(distance_km) filter (where net_kwh is not null), 0) as wh_per_km, sum(ascent_m) as ascent
        from numbered
        group by trip
        having sum(distance_km) >= min_km
    ), charges as materialized (
        select c.start_date, c.energy_added_kwh, c.energy_used_kwh, c.cost
        from teslamate.charge_facts(car, since, until) as c
        where c.is_counted
    )
    select starts, ends, t.n, ids, km, seconds, teslamate.seconds(ends - starts), km / nullif(seconds, 0) * 3600,
        km / nullif(teslamate.seconds(ends - starts), 0) * 3600, kwh, wh_per_km, t.ascent, c.n, coalesce(c.added, 0), coalesce(c.used, 0), c.cost,
        c.coverage, teslamate.place_label(sg.name, sa.name, sa.road, sa.house_number, sa.city),
        teslamate.place_label(eg.name, ea.name, ea.road, ea.house_number, ea.city)
    from trips as t
    join public.drives as s on s.id = ids[1]
    join public.drives as e on e.id = ids[cardinality(ids)]
    left join public.addresses as sa on sa.id = s.start_address_id
    left join public.addresses as ea on ea.id = e.end_address_id
    left join public.geofences as sg on sg.id = s.start_geofence_id
    left join public.geofences as eg on eg.id = e.end_geofence_id
    cross join lateral (
        select count(*) as n, sum(energy_added_kwh) as added, sum(energy_used_kwh) as used, sum(cost) as cost,
            coalesce(sum(energy_used_kwh) filter (where cost is not null), 0) / nullif(sum(energy_used_kwh), 0) as coverage
        from charges as c where c.start_date >= t.starts and c.start_date < t.ends
    ) as c
    order by starts desc;
end
$$;
comment on function teslamate.trips(integer, timestamp, timestamp, double precision, double precision)
    is 'P4. Counted drives of the window with stops of less than max_stop_h hours between them and at least min_km together, with the counted charges on the way; newest first.';

drop function if exists teslamate.same_routes(integer, timestamp, timestamp);
create function teslamate.same_routes(car integer, since timestamp, until timestamp)
returns table (start_place text, end_place text, start_key text, end_key text, drives bigint, drive_ids integer[], distance_km double precision, best_s double precision,
    median_s double precision, best_wh_per_km double precision, median_wh_per_km double precision, outside_temp_c double precision, first_date timestamp, last_date timestamp)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with labels as materialized (
        -- Of each address once, not of each drive.
        select id, teslamate.place_label(null, name, road, house_number, city) as label from public.addresses
    ), rows as (
        -- Without a geofence: squares of about 250 m. A coordinate has six decimals, so that each border is met exactly by some: those belong to what lies farther out.
        select d.*,
            case when start_geofence_id is null then sign(start_latitude) * floor(abs(start_latitude) / 0.00225 + 0.5 + 1e-10) end as start_row,
            case when end_geofence_id is null then sign(end_latitude) * floor(abs(end_latitude) / 0.00225 + 0.5 + 1e-10) end as end_row
        from teslamate.drive_readings(car, since, until) as d
        where d.is_counted
        offset 0
    ), drives as (
        select d.*,
            case when start_geofence_id is null then sign(start_longitude) * floor(abs(start_longitude) * cos(radians(start_row * 0.00225)) / 0.00225 + 0.5 + 1e-10) end as start_column,
            case when end_geofence_id is null then sign(end_longitude) * floor(abs(end_longitude) * cos(radians(end_row * 0.00225)) / 0.00225 + 0.5 + 1e-10) end as end_column,
            coalesce(nullif(sg.name, ''), sa.label) as start_place, coalesce(nullif(eg.name, ''), ea.label) as end_place
        from rows as d
        left join labels as sa on sa.id = d.start_address_id
        left join labels as ea on ea.id = d.end_address_id
        left join public.geofences as sg on sg.id = d.start_geofence_id
        left join public.geofences as eg on eg.id = d.end_geofence_id
    )
    select mode() within group (order by start_place), mode() within group (order by end_place),
        coalesce('f' || start_geofence_id, 'p' || start_row::bigint || ',' || start_column::bigint),
        coalesce('f' || end_geofence_id, 'p' || end_row::bigint || ',' || end_column::bigint), count(*), array_agg(drive_id order by start_date),
        percentile_cont(0.5) within group (order by distance_km), min(duration_s), percentile_cont(0.5) within group (order by duration_s),
        min(net_wh_per_km), percentile_cont(0.5) within group (order by net_wh_per_km), avg(outside_temp_c), min(start_date), max(start_date)
    from drives
    where (start_geofence_id is not null or start_column is not null) and (end_geofence_id is not null or end_column is not null)
    group by start_geofence_id, start_row, start_column, end_geofence_id, end_row, end_column
    having count(*) >= 2
    order by 5 desc, 3, 4;
end
$$;
comment on function teslamate.same_routes(integer, timestamp, timestamp)
    is 'P7. Counted drives with the same start and end (geofence, else a square of about 250 m), driven at least twice, most often first.';

drop function if exists teslamate.regions(integer, timestamp, timestamp);
create function teslamate.regions(car integer, since timestamp, until timestamp)
returns table (country text, state text, city text, visits bigint, distance_km double precision, charges bigint, energy_added_kwh double precision, first_visit timestamp, last_visit timestamp)
stable parallel safe set jit = off set work_mem = '32MB' language sql as $$
    select a.country, a.state, a.city, count(*) filter (where e.is_drive), coalesce(sum(e.km), 0), count(*) filter (where not e.is_drive), coalesce(sum(e.kwh), 0), min(e.date), max(e.date)
    from (
        select coalesce(end_address_id, start_address_id) as address_id, true as is_drive, distance_km as km, null::double precision as kwh, end_date as date
        from teslamate.drive_facts(car, since, until) where is_counted
        union all
        select address_id, false, null, energy_added_kwh, start_date from teslamate.charge_facts(car, since, until) where is_counted
    ) as e
    join public.addresses as a on a.id = e.address_id
    group by a.country, a.state, a.city
    order by 1, 2, 3
$$;
comment on function teslamate.regions(integer, timestamp, timestamp)
    is 'P17. Drives (by where they ended), their km, charges and kWh per country, state and city of the address, with first and last visit.';

drop function if exists teslamate.mileage_budget(integer, text, timestamp);
create function teslamate.mileage_budget(car integer, zone text, now_utc timestamp)
returns table (budget_from date, km_per_year double precision, driven_km double precision, allowed_km double precision, ahead_km double precision, days double precision,
    per_year_km double precision)
stable parallel safe language sql as $$
    select p.budget_from, p.budget_km_per_year, driven.km, p.budget_km_per_year * span / 365.25, driven.km - p.budget_km_per_year * span / 365.25, span,
        driven.km / nullif(span, 0) * 365.25
    from teslamate.car_preferences as p
    cross join lateral (select teslamate.utc_time(p.budget_from::timestamp, zone) as begins) as day
    cross join lateral (select teslamate.seconds(now_utc - begins) / 86400 as span) as time
    cross join lateral (select coalesce(sum(m.odometer_km), 0) as km from teslamate.mileage(car, begins, now_utc) as m) as driven
    where p.car_id = car and p.budget_km_per_year is not null and p.budget_from is not null
$$;
comment on function teslamate.mileage_budget(integer, text, timestamp)
    is 'P21. Allowed and driven km since the first local day of the budget, what is driven ahead of it (negative: behind), and the pace per year; no row without a budget.';

drop function if exists teslamate.allowed_odometer(integer, timestamp[], text);
create function teslamate.allowed_odometer(car integer, moments timestamp[], zone text) returns table (moment timestamp, odometer_km double precision)
stable parallel safe language sql as $$
    select m.moment, at_begin.km + p.budget_km_per_year * teslamate.seconds(m.moment - begins) / 86400 / 365.25
    from teslamate.car_preferences as p
    cross join lateral (select teslamate.utc_time(p.budget_from::timestamp, zone) as begins) as day
    cross join lateral (
        select f.end_km - f.odometer_km as km
        from teslamate.mileage(car, begins, null) as f
        order by f.start_date, f.drive_id
        limit 1
    ) as at_begin
    cross join unnest(moments) as m (moment)
    where p.car_id = car and p.budget_km_per_year is not null and m.moment >= begins
    order by m.moment
$$;
comment on function teslamate.allowed_odometer(integer, timestamp[], text)
    is 'P21. The odometer in km that the budget allows at each of the moments from its first local day on: the odometer at its begin and the allowance since; no row without a budget,
or without a drive since.';
