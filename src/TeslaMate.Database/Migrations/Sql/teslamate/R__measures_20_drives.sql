-- Measures 2 of 6: drives (docs/measures.md; M3, M9, M13, M18, M19, M20, M21, M22).
-- What positions say of drives, as kept in teslamate.drive_samples.
drop function if exists teslamate.samples_of_drives(integer[]);
create function teslamate.samples_of_drives(drives integer[])
returns table (drive_id integer, complete_samples integer, reduced_samples integer, powered_s double precision, recovered_kwh double precision,
    moving_s double precision, speed_km double precision[], speed_mi double precision[], pressure_samples integer, pressure_fl double precision,
    pressure_fr double precision, pressure_rl double precision, pressure_rr double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    with chosen as materialized (
        select n.id, d.start_date, coalesce(d.end_date, timestamp 'infinity') as end_date
        from unnest(drives) as n (id) left join public.drives as d on d.id = n.id
    ), samples as materialized (
        select p.drive_id, p.date, p.speed, p.power, p.battery_level, p.usable_battery_level, p.ideal_battery_range_km,
            p.tpms_pressure_fl, p.tpms_pressure_fr, p.tpms_pressure_rl, p.tpms_pressure_rr,
            teslamate.seconds(p.date - lag(p.date) over drive) as since_previous,
            teslamate.seconds(lead(p.date) over drive - p.date) as until_next
        from (
            -- What lies between the first and the last is read once, not once for each drive.
            select id, n.drive_id, date, speed, power, battery_level, usable_battery_level, ideal_battery_range_km,
                tpms_pressure_fl, tpms_pressure_fr, tpms_pressure_rl, tpms_pressure_rr
            from public.positions as n
            where n.drive_id >= (select min(d.id) from chosen as d) and n.drive_id <= (select max(d.id) from chosen as d)
                and n.date >= (select min(start_date) from chosen) and n.date <= (select max(end_date) from chosen)
            offset 0
        ) as p
        join chosen as d on d.id = p.drive_id and p.date >= d.start_date and p.date <= d.end_date
        window drive as (partition by p.drive_id order by p.date, p.id)
    ), totals as (
        select s.drive_id, count(*) filter (where ideal_battery_range_km is not null) as complete,
            count(*) filter (where ideal_battery_range_km is not null and battery_level > usable_battery_level) as reduced,
            coalesce(sum(least(since_previous, 10)) filter (where power is not null and since_previous is not null), 0) as powered,
            coalesce(sum(-power * least(since_previous, 10) / 3600) filter (where power < 0 and since_previous is not null), 0) as recovered,
            coalesce(sum(least(until_next, 60)) filter (where speed > 0 and until_next is not null), 0) as moving,
            count(tpms_pressure_fl) as pressures,
            avg(tpms_pressure_fl)::double precision as fl, avg(tpms_pressure_fr)::double precision as fr,
            avg(tpms_pressure_rl)::double precision as rl, avg(tpms_pressure_rr)::double precision as rr
        from samples as s
        group by s.drive_id
    ), speeds as materialized (
        select s.drive_id, round(speed / 10.0)::integer as km, round((speed / 1.60934)::numeric / 10)::integer as mi,
            sum(least(until_next, 60)) as seconds
        from samples as s
        where speed is not null and until_next is not null
        group by 1, 2, 3
    ), by_km as (
        select x.drive_id, array_agg(coalesce(n.seconds, 0)::double precision order by step) as seconds
        from (select s.drive_id, max(km) as last from speeds as s group by s.drive_id) as x
        cross join lateral generate_series(0, x.last) as step
        left join (select s.drive_id, km, sum(seconds) as seconds from speeds as s group by s.drive_id, km) as n
            on n.drive_id = x.drive_id and n.km = step
        group by x.drive_id
    ), by_mi as (
        select x.drive_id, array_agg(coalesce(n.seconds, 0)::double precision order by step) as seconds
        from (select s.drive_id, max(mi) as last from speeds as s group by s.drive_id) as x
        cross join lateral generate_series(0, x.last) as step
        left join (select s.drive_id, mi, sum(seconds) as seconds from speeds as s group by s.drive_id, mi) as n
            on n.drive_id = x.drive_id and n.mi = step
        group by x.drive_id
    )
    select d.id, coalesce(t.complete, 0)::integer, coalesce(t.reduced, 0)::integer, coalesce(t.powered, 0)::double precision,
        coalesce(t.recovered, 0)::double precision, coalesce(t.moving, 0)::double precision, coalesce(km.seconds, '{}'), coalesce(mi.seconds, '{}'),
        coalesce(t.pressures, 0)::integer, t.fl, t.fr, t.rl, t.rr
    from chosen as d
    left join totals as t on t.drive_id = d.id
    left join by_km as km on km.drive_id = d.id
    left join by_mi as mi on mi.drive_id = d.id
$$;
comment on function teslamate.samples_of_drives(integer[])
    is 'M19, M22. Per drive: samples (complete; with reduced range), recovered kWh and the seconds they cover (steps of at most 10 s), seconds in
motion (steps of at most 60 s), seconds per speed class of 10 km/h and 10 mph (first class 0, rounded), mean tyre pressures in bar. Meant for drives
near one another: what the log has between them is read, too.';

drop function if exists teslamate.drive_sample(integer);
create function teslamate.drive_sample(drive integer)
returns table (complete_samples integer, reduced_samples integer, powered_s double precision, recovered_kwh double precision,
    moving_s double precision, speed_km double precision[], speed_mi double precision[], pressure_samples integer, pressure_fl double precision,
    pressure_fr double precision, pressure_rl double precision, pressure_rr double precision)
stable parallel safe rows 1 language sql as $$
    select complete_samples, reduced_samples, powered_s, recovered_kwh, moving_s, speed_km, speed_mi, pressure_samples, pressure_fl, pressure_fr,
        pressure_rl, pressure_rr
    from teslamate.samples_of_drives(array[drive])
$$;
comment on function teslamate.drive_sample(integer) is 'M19, M22. teslamate.samples_of_drives of one drive.';

drop function if exists teslamate.drive_facts(integer, timestamp, timestamp);
create function teslamate.drive_facts(car integer, since timestamp, until timestamp)
returns table (drive_id integer, car_id smallint, start_date timestamp, end_date timestamp, is_open boolean, is_counted boolean, duration_s double precision,
    distance_km double precision, start_km double precision, end_km double precision, start_range_km double precision, end_range_km double precision,
    range_lost_km double precision, net_kwh double precision, net_distance_km double precision, net_wh_per_km double precision, is_rough boolean,
    speed_avg_kmh double precision, speed_max_kmh smallint, power_max_kw smallint, power_min_kw smallint, outside_temp_c double precision, inside_temp_c double precision,
    ascent_m smallint, descent_m smallint, climb_kwh double precision, efficiency double precision, level_efficiency double precision,
    start_position_id integer, end_position_id integer, start_address_id integer, end_address_id integer, start_geofence_id integer, end_geofence_id integer)
stable parallel safe language sql as $$
    select id, d.car_id, start_date, end_date, end_date is null, end_date is not null and distance is not null,
        seconds, distance, start_km, end_km, from_range, to_range, lost, lost * e,
        case when end_date is not null and lost * e is not null then distance end,
        case when end_date is not null then lost * e * 1000 / nullif(distance, 0) end,
        distance < 5,
        distance / nullif(seconds, 0) * 3600, speed_max, power_max, power_min, outside_temp_avg::double precision, inside_temp_avg::double precision, ascent, descent,
        climb, distance / nullif(lost, 0), case when lost * e - climb >= 0.2 then distance * e / (lost * e - climb) end,
        start_position_id, end_position_id, start_address_id, end_address_id, start_geofence_id, end_geofence_id
    from (
        select d.*, c.efficiency as e,
            teslamate.seconds(d.end_date - d.start_date) as seconds,
            (case when ideal then start_ideal_range_km else start_rated_range_km end)::double precision as from_range,
            (case when ideal then end_ideal_range_km else end_rated_range_km end)::double precision as to_range,
            (case when ideal then start_ideal_range_km - end_ideal_range_km else start_rated_range_km - end_rated_range_km end)::double precision as lost,
            (coalesce(w.mass_kg, case c.model when '3' then 1850 when 'Y' then 2000 when 'S' then 2150 when 'X' then 2450 when 'Cybertruck' then 3100 end) + 100)
                * 9.81 * (ascent - 0.85 * descent) / 3.6e6 as climb
        from public.drives as d
        join public.cars as c on c.id = d.car_id
        left join teslamate.car_preferences as w on w.car_id = c.id
        cross join (select teslamate.is_ideal_range() as ideal offset 0) as preference
        where d.car_id = car and teslamate.is_within(d.start_date, since, until)
            and teslamate.is_time(d.end_date)
        -- Once for each drive, not once for each sum.
        offset 0
    ) as d
$$;
comment on function teslamate.drive_facts(integer, timestamp, timestamp)
    is 'M1, M3, M9, M18, M22. Drives that start in [since, until) (null: no limit). is_counted: has an end and a distance; sums take counted ones only. net_kwh, net_wh_per_km:
range lost x efficiency of the car, negative when gained; net_distance_km: the distance that belongs to net_kwh; is_rough: under 5 km. efficiency: distance / range lost;
level_efficiency: the same without the energy of height, null when under 0.2 kWh. Units km, km/h, kWh, Wh/km, °C, m, s. Null where a value that it needs is null.';

drop function if exists teslamate.drive_ends(integer, timestamp, timestamp);
drop function if exists teslamate.drive_readings(integer, timestamp, timestamp);
create function teslamate.drive_readings(car integer, since timestamp, until timestamp)
returns table (drive_id integer, car_id smallint, start_date timestamp, end_date timestamp, is_open boolean, is_counted boolean, duration_s double precision,
    distance_km double precision, start_km double precision, end_km double precision, start_range_km double precision, end_range_km double precision,
    range_lost_km double precision, net_kwh double precision, net_distance_km double precision, net_wh_per_km double precision, is_rough boolean,
    speed_avg_kmh double precision, speed_max_kmh smallint, power_max_kw smallint, power_min_kw smallint, outside_temp_c double precision, inside_temp_c double precision,
    ascent_m smallint, descent_m smallint, climb_kwh double precision, efficiency double precision, level_efficiency double precision,
    start_position_id integer, end_position_id integer, start_address_id integer, end_address_id integer, start_geofence_id integer, end_geofence_id integer,
    start_level smallint, start_usable smallint, start_latitude double precision, start_longitude double precision,
    end_level smallint, end_usable smallint, end_latitude double precision, end_longitude double precision)
stable parallel safe language sql as $$
    select f.*,
        coalesce(k.start_level, n.start_level), coalesce(k.start_usable, n.start_usable), coalesce(k.start_latitude, n.start_latitude),
        coalesce(k.start_longitude, n.start_longitude), coalesce(k.end_level, n.end_level), coalesce(k.end_usable, n.end_usable),
        coalesce(k.end_latitude, n.end_latitude), coalesce(k.end_longitude, n.end_longitude)
    from teslamate.drive_facts(car, since, until) as f
    left join teslamate.drive_samples as k on k.drive_id = f.drive_id and k.start_date = f.start_date and k.end_date = f.end_date
        and k.start_position_id is not distinct from f.start_position_id and k.end_position_id is not distinct from f.end_position_id
    left join lateral (
        select s.battery_level as start_level, s.usable_battery_level as start_usable, s.latitude::double precision as start_latitude,
            s.longitude::double precision as start_longitude, e.battery_level as end_level, e.usable_battery_level as end_usable,
            e.latitude::double precision as end_latitude, e.longitude::double precision as end_longitude
        from (select where k.drive_id is null offset 0) as missing
        left join public.positions as s on s.id = f.start_position_id
        left join public.positions as e on e.id = f.end_position_id
    ) as n on true
$$;
comment on function teslamate.drive_readings(integer, timestamp, timestamp) is 'teslamate.drive_facts with levels in % and places at both ends.';

drop function if exists teslamate.most_unkept();
create function teslamate.most_unkept() returns integer immutable parallel safe language sql as $$ select 100 $$;
comment on function teslamate.most_unkept()
    is 'How many drives, and how many charging processes, of which nothing is kept a function computes at most: a page does not wait for the first fill of a long history.';

drop function if exists teslamate.unkept_drives(integer, timestamp, timestamp);
create function teslamate.unkept_drives(car integer, since timestamp, until timestamp) returns table (start_date timestamp) stable parallel safe language sql as $$
    select d.start_date
    from public.drives as d
    left join teslamate.drive_samples as k on k.drive_id = d.id and k.start_date = d.start_date and k.end_date = d.end_date
        and k.start_position_id is not distinct from d.start_position_id and k.end_position_id is not distinct from d.end_position_id
    where d.car_id = car and teslamate.is_within(d.start_date, since, until) and d.end_date is not null and teslamate.is_time(d.end_date)
        and k.drive_id is null
$$;
comment on function teslamate.unkept_drives(integer, timestamp, timestamp) is 'The starts of the closed drives of [since, until) of which nothing is kept.';

drop function if exists teslamate.drives_computed_since(integer, timestamp, timestamp);
create function teslamate.drives_computed_since(car integer, since timestamp, until timestamp) returns timestamp stable parallel safe set jit = off language sql as $$
    select coalesce((
        select start_date from teslamate.unkept_drives(car, since, until) order by start_date desc offset teslamate.most_unkept() - 1 limit 1
    ), timestamp '-infinity')
$$;
comment on function teslamate.drives_computed_since(integer, timestamp, timestamp)
    is 'The start from which on drives of which nothing is kept are computed: that of the most_unkept()th of the window, the newest first; -infinity where there are fewer.';

drop function if exists teslamate.drive_sample_facts(integer, timestamp, timestamp);
create function teslamate.drive_sample_facts(car integer, since timestamp, until timestamp)
returns table (drive_id integer, start_date timestamp, end_date timestamp, complete_samples integer, reduced_samples integer, powered_s double precision,
    recovered_kwh double precision, moving_s double precision, speed_km double precision[], speed_mi double precision[], pressure_samples integer,
    pressure_fl double precision, pressure_fr double precision, pressure_rl double precision, pressure_rr double precision)
stable parallel safe language sql as $$
    -- The computed row has nothing where a kept one is, and is not asked for then.
    select d.id, d.start_date, d.end_date, coalesce(k.complete_samples, s.complete_samples), coalesce(k.reduced_samples, s.reduced_samples),
        coalesce(k.powered_s, s.powered_s), coalesce(k.recovered_kwh, s.recovered_kwh), coalesce(k.moving_s, s.moving_s),
        coalesce(k.speed_km, s.speed_km), coalesce(k.speed_mi, s.speed_mi), coalesce(k.pressure_samples, s.pressure_samples),
        coalesce(k.pressure_fl, s.pressure_fl), coalesce(k.pressure_fr, s.pressure_fr), coalesce(k.pressure_rl, s.pressure_rl),
        coalesce(k.pressure_rr, s.pressure_rr)
    from public.drives as d
    left join teslamate.drive_samples as k on k.drive_id = d.id and k.start_date = d.start_date and k.end_date = d.end_date
        and k.start_position_id is not distinct from d.start_position_id and k.end_position_id is not distinct from d.end_position_id
    left join lateral (
        select n.*
        from (
            -- Asked once, and only where something is missing. A limit would have to be computed again for every row that this is joined to.
            select
            where k.drive_id is null and d.end_date is not null and d.start_date >= (select teslamate.drives_computed_since(car, since, until))
            offset 0
        ) as missing
        cross join lateral teslamate.drive_sample(d.id) as n
    ) as s on true
    where d.car_id = car and teslamate.is_within(d.start_date, since, until)
        and teslamate.is_time(d.end_date)
        and coalesce(k.complete_samples, s.complete_samples) is not null
$$;
comment on function teslamate.drive_sample_facts(integer, timestamp, timestamp)
    is 'teslamate.drive_sample of the closed drives that start in [since, until): as kept, or computed where nothing is kept or a drive was changed since. Computed are the newest
most_unkept() of a window; teslamate.left_out counts the rest, which is none once all are kept.';

drop function if exists teslamate.drive_list(integer, timestamp, timestamp);
drop view if exists teslamate.drive_entry;
drop function if exists teslamate.drive_entries(integer, timestamp, timestamp);
create function teslamate.drive_entries(car integer, since timestamp, until timestamp)
returns table (drive_id integer, car_id smallint, start_date timestamp, end_date timestamp, is_open boolean, is_counted boolean, duration_s double precision,
    distance_km double precision, is_distance_derived boolean, start_km double precision, end_km double precision, start_range_km double precision,
    end_range_km double precision, range_lost_km double precision, net_kwh double precision, net_wh_per_km double precision, is_rough boolean,
    speed_avg_kmh double precision, speed_max_kmh smallint, power_max_kw smallint, power_min_kw smallint, outside_temp_c double precision, inside_temp_c double precision,
    ascent_m smallint, descent_m smallint, climb_kwh double precision, efficiency double precision, level_efficiency double precision,
    start_level smallint, start_usable smallint, end_level smallint, end_usable smallint, is_range_reduced boolean,
    start_place text, end_place text, start_latitude double precision, start_longitude double precision, end_latitude double precision, end_longitude double precision,
    start_address_id integer, end_address_id integer, start_geofence_id integer, end_geofence_id integer)
stable parallel safe language sql as $$
    select f.drive_id, f.car_id, f.start_date, f.end_date, f.is_open, f.is_counted, f.duration_s,
        coalesce(f.distance_km, derived.km), f.distance_km is null and derived.km is not null, f.start_km, f.end_km, f.start_range_km,
        f.end_range_km, f.range_lost_km, f.net_kwh, f.net_wh_per_km, f.is_rough, f.speed_avg_kmh, f.speed_max_kmh, f.power_max_kw, f.power_min_kw, f.outside_temp_c, f.inside_temp_c,
        f.ascent_m, f.descent_m, f.climb_kwh, f.efficiency, f.level_efficiency, f.start_level, f.start_usable, f.end_level, f.end_usable,
        coalesce(f.start_level > f.start_usable, false) or coalesce(f.end_level > f.end_usable, false),
        teslamate.place_label(sg.name, sa.name, sa.road, sa.house_number, sa.city), teslamate.place_label(eg.name, ea.name, ea.road, ea.house_number, ea.city),
        f.start_latitude, f.start_longitude, f.end_latitude, f.end_longitude, f.start_address_id, f.end_address_id, f.start_geofence_id, f.end_geofence_id
    from teslamate.drive_readings(car, since, until) as f
    left join public.addresses as sa on sa.id = f.start_address_id
    left join public.addresses as ea on ea.id = f.end_address_id
    left join public.geofences as sg on sg.id = f.start_geofence_id
    left join public.geofences as eg on eg.id = f.end_geofence_id
    left join lateral (
        select coalesce(f.end_km, (
                select b.start_km from public.drives as b
                where b.car_id = f.car_id and b.start_km is not null and b.start_date > f.start_date order by b.start_date, b.id limit 1))
            - coalesce(f.start_km, (
                select b.end_km from public.drives as b
                where b.car_id = f.car_id and b.end_km is not null and b.start_date < f.start_date order by b.start_date desc, b.id desc limit 1)) as km
        where f.distance_km is null and not f.is_open
    ) as derived on true
$$;
comment on function teslamate.drive_entries(integer, timestamp, timestamp)
    is 'teslamate.drive_list for other functions, which it is taken into: what they do not ask for costs nothing.';

create view teslamate.drive_entry as select * from teslamate.drive_entries(null, null, null);
comment on view teslamate.drive_entry is 'The row of teslamate.drive_entries, as a type; the view itself is empty.';

create function teslamate.drive_list(car integer, since timestamp, until timestamp) returns setof teslamate.drive_entry
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query select * from teslamate.drive_entries(car, since, until);
end
$$;
comment on function teslamate.drive_list(integer, timestamp, timestamp)
    is 'Drives that start in [since, until), open and uncounted ones too, with places and levels. A closed drive without distance shows the one between the odometers around it
(is_distance_derived), which no sum contains.';

drop function if exists teslamate.drive_statistics(integer, timestamp, timestamp, text, text);
drop function if exists teslamate.drive_statistics(integer, timestamp, timestamp, text, text, boolean);
create function teslamate.drive_statistics(car integer, since timestamp, until timestamp, zone text, period text, with_total boolean default false)
returns table (period_key timestamp, drives bigint, open_drives bigint, uncounted_drives bigint, distance_km double precision, driving_s double precision,
    outside_temp_c double precision, range_lost_km double precision, driving_efficiency double precision, net_kwh double precision, net_distance_km double precision,
    net_wh_per_km double precision, net_coverage double precision, climb_kwh double precision, speed_avg_kmh double precision, speed_max_kmh smallint,
    longest_km double precision, median_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    select case when grouping(key) = 0 then key else timestamp '-infinity' end,
        count(*) filter (where is_counted), count(*) filter (where is_open), count(*) filter (where not is_counted and not is_open),
        coalesce(sum(distance_km) filter (where is_counted), 0), coalesce(sum(duration_s) filter (where is_counted), 0),
        avg(outside_temp_c) filter (where is_counted),
        sum(range_lost_km) filter (where is_counted),
        case when sum(range_lost_km) filter (where is_counted) > 0
            then sum(distance_km) filter (where is_counted and range_lost_km is not null) / sum(range_lost_km) filter (where is_counted) end,
        sum(net_kwh) filter (where is_counted), sum(net_distance_km) filter (where is_counted),
        sum(net_kwh) filter (where is_counted) * 1000 / nullif(sum(net_distance_km) filter (where is_counted), 0),
        coalesce(sum(net_distance_km) filter (where is_counted), 0) / nullif(sum(distance_km) filter (where is_counted), 0),
        sum(climb_kwh) filter (where is_counted),
        sum(distance_km) filter (where is_counted) / nullif(sum(duration_s) filter (where is_counted), 0) * 3600,
        max(speed_max_kmh) filter (where is_counted), max(distance_km) filter (where is_counted),
        percentile_cont(0.5) within group (order by distance_km) filter (where is_counted)
    -- Each drive is sorted into its period once, and counts for the total besides.
    from (select f.*, teslamate.period_key(f.start_date, period, zone) as key from teslamate.drive_facts(car, since, until) as f offset 0) as d
    group by grouping sets ((key), ())
    having grouping(key) = 0 or (with_total and period <> 'total' and count(*) > 0)
$$;
comment on function teslamate.drive_statistics(integer, timestamp, timestamp, text, text, boolean)
    is 'M3, M9, M18, M22 per local period that has drives; key as in teslamate.periods. with_total: and of all of them, with the key -infinity. net_coverage: share (0 to 1) of the distance that has both ranges.';

drop function if exists teslamate.mileage(integer, timestamp, timestamp);
create function teslamate.mileage(car integer, since timestamp, until timestamp)
returns table (drive_id integer, start_date timestamp, end_date timestamp, logged_km double precision, odometer_km double precision, gap_km double precision,
    start_km double precision, end_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' language sql as $$
    select id, start_date, end_date, logged, advance, advance - logged, start_km, end_km
    from (
        select id, start_date, end_date, start_km, end_km, coalesce(distance, 0) as logged,
            end_km - coalesce(lag(end_km) over (order by start_date, id), start_km) as advance
        from public.drives
        where car_id = car and end_date is not null and start_km is not null and end_km is not null and start_date < coalesce(until, timestamp 'infinity')
    ) as chain
    where start_date >= coalesce(since, timestamp '1900-01-01')
$$;
comment on function teslamate.mileage(integer, timestamp, timestamp)
    is 'M13. Per drive with both odometers: logged distance, advance of the odometer since the end of the drive before it, and what of that is not logged (gap), in km.
A gap belongs to the drive after it. Drives without distance log 0 here.';

drop function if exists teslamate.mileage_statistics(integer, timestamp, timestamp, text, text);
drop function if exists teslamate.mileage_statistics(integer, timestamp, timestamp, text, text, boolean);
create function teslamate.mileage_statistics(car integer, since timestamp, until timestamp, zone text, period text, with_total boolean default false)
returns table (period_key timestamp, odometer_km double precision, gap_km double precision, odometer_end_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    select teslamate.period_key(start_date, t.sum_period, zone), sum(odometer_km), sum(gap_km), max(end_km)
    from teslamate.mileage(car, since, until)
    cross join teslamate.sums(with_total, period) as t
    group by 1
$$;
comment on function teslamate.mileage_statistics(integer, timestamp, timestamp, text, text, boolean)
    is 'M13 per local period that has drives, in km. with_total: and of all of them, with the key -infinity.';

drop function if exists teslamate.extrapolation(integer, timestamp, timestamp);
create function teslamate.extrapolation(car integer, since timestamp, until timestamp)
returns table (odometer_km double precision, days double precision, per_month_km double precision, per_year_km double precision, is_too_short boolean)
stable parallel safe set jit = off set work_mem = '32MB' rows 1 language sql as $$
    select km, span, case when span >= 14 then km / span * 30.4375 end, case when span >= 14 then km / span * 365.25 end, coalesce(span < 14, true)
    from (
        select (select sum(m.odometer_km) from teslamate.mileage(car, since, until) as m) as km,
            teslamate.seconds(until - greatest(since, (
                select min(start_date) from public.drives where car_id = car and teslamate.is_within(start_date, null, null)))) / 86400 as span
        -- Once, though it is used often.
        offset 0
    ) as windowed
$$;
comment on function teslamate.extrapolation(integer, timestamp, timestamp)
    is 'M21. Advance of the odometer per exact day since the later of since and the first drive, as km per month (30.4375 days) and year; under 14 days is too short.';

drop function if exists teslamate.recovery_statistics(integer, timestamp, timestamp, text, text);
create function teslamate.recovery_statistics(car integer, since timestamp, until timestamp, zone text, period text)
returns table (period_key timestamp, recovered_kwh double precision, recovered_coverage double precision, moving_s double precision, moving_speed_avg_kmh double precision)
stable parallel safe set jit = off set work_mem = '32MB' set enable_nestloop = off rows 100 language sql as $$
    -- Both sides of the join are computed once, also before the server has counted the rows of a new history.
    select teslamate.period_key(s.start_date, period, zone), sum(s.recovered_kwh),
        -- Of drives without duration nothing can be covered: the lesser of 1 and null would be 1.
        case when sum(f.duration_s) > 0 then least(1, sum(s.powered_s) / sum(f.duration_s)) end, sum(s.moving_s),
        sum(f.distance_km) filter (where s.moving_s > 0) / nullif(sum(s.moving_s) / 3600, 0)
    from teslamate.drive_sample_facts(car, since, until) as s
    join teslamate.drive_facts(car, since, until) as f on f.drive_id = s.drive_id
    where f.is_counted
    group by 1
$$;
comment on function teslamate.recovery_statistics(integer, timestamp, timestamp, text, text)
    is 'M19, M22 per local period with drives: recovered kWh, share of the driving time that they cover, seconds in motion and speed in motion.';

drop function if exists teslamate.speed_histogram(integer, timestamp, timestamp, text);
create function teslamate.speed_histogram(car integer, since timestamp, until timestamp, unit text)
returns table (speed integer, seconds double precision, share double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 20 language sql as $$
    select (class - 1)::integer * 10, sum(s), sum(s) / nullif(sum(sum(s)) over (), 0)
    from teslamate.drive_sample_facts(car, since, until) as f
    cross join lateral unnest(case unit when 'mi' then f.speed_mi else f.speed_km end) with ordinality as step (s, class)
    where class > 1
    group by class
    having sum(s) > 0
    order by class
$$;
comment on function teslamate.speed_histogram(integer, timestamp, timestamp, text)
    is 'Seconds and share (0 to 1) per speed class of 10 km/h (unit km) or mph (mi), rounded, above 0; of the closed drives that start in [since, until).';

drop function if exists teslamate.destinations(integer, timestamp, timestamp);
create function teslamate.destinations(car integer, since timestamp, until timestamp)
returns table (place text, visits bigint, last_visit timestamp, geofence_id integer, address_id integer, parked_s double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    select coalesce(g.name, a.name, nullif(concat_ws(' ', a.road, a.house_number), '')), count(*), max(d.end_date), max(d.end_geofence_id), max(d.end_address_id),
        sum(extract(epoch from d.leaves - d.end_date))::double precision
    from (
        select *, lead(start_date) over (order by start_date, id) as leaves
        from public.drives
        where car_id = car and isfinite(start_date) and teslamate.is_time(end_date)
    ) as d
    left join public.geofences as g on g.id = d.end_geofence_id
    left join public.addresses as a on a.id = d.end_address_id
    where d.end_date is not null and teslamate.is_within(d.start_date, since, until)
        and coalesce(g.name, a.name, nullif(concat_ws(' ', a.road, a.house_number), '')) is not null
    group by 1
    order by 2 desc, 1
$$;
comment on function teslamate.destinations(integer, timestamp, timestamp)
    is 'Where closed drives of the window ended: visits, the last of them, seconds until the next drive; geofence, else name or road of the address.';

drop function if exists teslamate.efficiency_by_temperature(integer, timestamp, timestamp, double precision, text);
create function teslamate.efficiency_by_temperature(car integer, since timestamp, until timestamp, min_km double precision, unit text)
returns table (temperature double precision, drives bigint, distance_km double precision, efficiency double precision, net_wh_per_km double precision,
    speed_avg_kmh double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 20 language sql as $$
    select case unit when 'F' then round((outside_temp_c * 9 / 5 + 32)::numeric / 10) * 10 else round(outside_temp_c::numeric / 5) * 5 end::double precision,
        count(*), sum(distance_km), sum(distance_km) / sum(range_lost_km), sum(net_kwh) * 1000 / sum(distance_km),
        sum(distance_km) / nullif(sum(duration_s), 0) * 3600
    from teslamate.drive_facts(car, since, until)
    where is_counted and distance_km >= coalesce(min_km, 0) and distance_km > 0 and range_lost_km > 0.1 and outside_temp_c is not null
    group by 1
    order by 1 desc
$$;
comment on function teslamate.efficiency_by_temperature(integer, timestamp, timestamp, double precision, text)
    is 'P6. Counted drives from min_km on that lost more than 0.1 km of range, by outside temperature in classes of 5 °C (unit C) or 10 °F (F): distance / range lost, Wh/km, km/h.';

drop function if exists teslamate.consumption_matrix(integer, timestamp, timestamp, text, text);
create function teslamate.consumption_matrix(car integer, since timestamp, until timestamp, length_unit text, temperature_unit text)
returns table (speed integer, temperature double precision, drives bigint, distance_km double precision, net_wh_per_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' set enable_nestloop = off rows 100 language sql as $$
    -- Both sides of the join are computed once, also before the server has counted the rows of a new history.
    select (round((f.distance_km / nullif(s.moving_s, 0) * 3600 / case length_unit when 'mi' then 1.60934 else 1 end)::numeric / 10) * 10)::integer,
        case temperature_unit when 'F' then round((f.outside_temp_c * 9 / 5 + 32)::numeric / 10) * 10 else round(f.outside_temp_c::numeric / 5) * 5 end::double precision,
        count(*), sum(f.distance_km), sum(f.net_kwh) * 1000 / sum(f.distance_km)
    from teslamate.drive_facts(car, since, until) as f
    join teslamate.drive_sample_facts(car, since, until) as s on s.drive_id = f.drive_id
    where f.is_counted and f.distance_km > 0 and s.moving_s > 0 and f.net_kwh is not null and f.outside_temp_c is not null
    group by 1, 2
    having sum(f.distance_km) >= 20
    order by 1, 2
$$;
comment on function teslamate.consumption_matrix(integer, timestamp, timestamp, text, text)
    is 'P6. Wh/km by class of moving speed (10 km/h or mph) and outside temperature (5 °C or 10 °F) of a drive; cells of at least 20 km.';

drop function if exists teslamate.tyre_pressures(integer, timestamp, timestamp, text, text);
create function teslamate.tyre_pressures(car integer, since timestamp, until timestamp, zone text, period text)
returns table (period_key timestamp, samples bigint, front_left_bar double precision, front_right_bar double precision, rear_left_bar double precision,
    rear_right_bar double precision, front_left_20c_bar double precision, front_right_20c_bar double precision, rear_left_20c_bar double precision,
    rear_right_20c_bar double precision, spread_bar double precision, outside_temp_c double precision, odometer_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' set enable_nestloop = off rows 100 language sql as $$
    -- Both sides of the join are computed once, also before the server has counted the rows of a new history.
    select key, n, fl, fr, rl, rr,
        (fl + 1.01325) * 293.15 / (273.15 + t) - 1.01325, (fr + 1.01325) * 293.15 / (273.15 + t) - 1.01325,
        (rl + 1.01325) * 293.15 / (273.15 + t) - 1.01325, (rr + 1.01325) * 293.15 / (273.15 + t) - 1.01325,
        greatest(fl, fr, rl, rr) - least(fl, fr, rl, rr), t, km
    from (
        select teslamate.period_key(s.start_date, period, zone) as key, sum(s.pressure_samples)::bigint as n,
            sum(s.pressure_fl * s.pressure_samples) / sum(s.pressure_samples) filter (where s.pressure_fl is not null) as fl,
            sum(s.pressure_fr * s.pressure_samples) / sum(s.pressure_samples) filter (where s.pressure_fr is not null) as fr,
            sum(s.pressure_rl * s.pressure_samples) / sum(s.pressure_samples) filter (where s.pressure_rl is not null) as rl,
            sum(s.pressure_rr * s.pressure_samples) / sum(s.pressure_samples) filter (where s.pressure_rr is not null) as rr,
            avg(f.outside_temp_c) as t, max(f.end_km) as km
        from teslamate.drive_sample_facts(car, since, until) as s
        join teslamate.drive_facts(car, since, until) as f on f.drive_id = s.drive_id
        where s.pressure_samples > 0
        group by 1
    ) as days
    order by key
$$;
comment on function teslamate.tyre_pressures(integer, timestamp, timestamp, text, text)
    is 'P9. Mean pressure per wheel while driving, in bar, and corrected to 20 °C on the absolute pressure; spread between the wheels; per local period.';
