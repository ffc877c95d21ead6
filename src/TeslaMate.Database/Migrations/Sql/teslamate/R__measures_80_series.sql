-- Series over time for one drive, one charge or a window, at most some thousand points, and facts about the database (docs/measures.md).
drop function if exists teslamate.drive_series(integer, integer);
create function teslamate.drive_series(drive integer, points integer default 2000)
returns table (date timestamp, since_start_s double precision, distance_km double precision, latitude double precision, longitude double precision, speed_kmh double precision,
    power_kw double precision, level double precision, usable_level double precision, range_km double precision, est_range_km double precision, elevation_m double precision,
    outside_temp_c double precision, inside_temp_c double precision, driver_temp_c double precision, passenger_temp_c double precision, is_climate_on boolean, fan_status double precision,
    is_battery_heater_on boolean, pressure_fl_bar double precision, pressure_fr_bar double precision, pressure_rl_bar double precision, pressure_rr_bar double precision)
stable parallel safe set jit = off language sql as $$
    with span as materialized (
        select start_date, ends as end_date, greatest(extract(epoch from ends - start_date) / points, 1) as width
        from public.drives
        cross join lateral (
            -- One without an end may be under way, or have been left behind years ago.
            select coalesce(end_date, (select max(date) from public.positions where drive_id = drive and date >= start_date), start_date)
        ) as known (ends)
        where id = drive
    ), samples as (
        select p.*, min(p.odometer) over () as first_odometer
        from public.positions as p
        where p.drive_id = drive and p.date >= (select start_date from span) and p.date <= (select end_date from span)
    )
    select min(s.date), teslamate.seconds(min(s.date) - span.start_date), (avg(s.odometer) - min(s.first_odometer))::double precision,
        avg(s.latitude)::double precision, avg(s.longitude)::double precision, avg(s.speed)::double precision, avg(s.power)::double precision,
        avg(s.battery_level)::double precision, avg(s.usable_battery_level)::double precision,
        avg(case when (select teslamate.is_ideal_range()) then s.ideal_battery_range_km else s.rated_battery_range_km end)::double precision, avg(s.est_battery_range_km)::double precision,
        avg(s.elevation)::double precision, avg(s.outside_temp)::double precision, avg(s.inside_temp)::double precision, avg(s.driver_temp_setting)::double precision,
        avg(s.passenger_temp_setting)::double precision, bool_or(s.is_climate_on), avg(s.fan_status)::double precision, bool_or(s.battery_heater_on or s.battery_heater),
        avg(s.tpms_pressure_fl)::double precision, avg(s.tpms_pressure_fr)::double precision, avg(s.tpms_pressure_rl)::double precision, avg(s.tpms_pressure_rr)::double precision
    from samples as s cross join span
    group by floor(extract(epoch from s.date - span.start_date) / span.width), span.start_date
    order by 1
$$;
comment on function teslamate.drive_series(integer, integer) is 'P5. The positions of one drive as means of equal steps of time, at most so many points; metric units.';

drop function if exists teslamate.charge_series(integer);
create function teslamate.charge_series(process integer)
returns table (date timestamp, since_start_s double precision, level smallint, usable_level smallint, power_kw smallint, voltage_v smallint, current_a smallint, pilot_current_a smallint,
    phases smallint, range_km double precision, energy_added_kwh double precision, is_heater_on boolean, outside_temp_c double precision, is_dc boolean)
stable parallel safe language sql as $$
    select c.date, teslamate.seconds(c.date - p.start_date), c.battery_level, coalesce(c.usable_battery_level, c.battery_level), c.charger_power,
        c.charger_voltage, c.charger_actual_current, c.charger_pilot_current, c.charger_phases,
        (case when (select teslamate.is_ideal_range()) then c.ideal_battery_range_km else c.rated_battery_range_km end)::double precision, c.charge_energy_added::double precision,
        coalesce(c.battery_heater_on, false) or coalesce(c.battery_heater, false), c.outside_temp::double precision, c.fast_charger_present
    from public.charging_processes as p
    join public.charges as c on c.charging_process_id = p.id
    where p.id = process
    order by c.date, c.id
$$;
comment on function teslamate.charge_series(integer) is 'The rows of one charging process. Voltage and current are of the AC input: meaningless on DC.';

drop function if exists teslamate.level_series(integer, timestamp, timestamp, integer);
create function teslamate.level_series(car integer, since timestamp, until timestamp, points integer default 2000)
returns table (date timestamp, level double precision, usable_level double precision, level_min smallint, level_max smallint, range_km double precision, range_at_100_km double precision,
    outside_temp_c double precision, odometer_km double precision)
stable parallel safe set jit = off set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    select min(bucket), sum(level_sum::double precision) / nullif(sum(samples), 0), sum(usable_sum::double precision) / nullif(sum(samples), 0), min(level_min), max(level_max),
        sum(case when ideal then ideal_km + low_ideal_km else rated_km + low_rated_km end) / nullif(sum(samples), 0),
        sum(case when ideal then ideal_km else rated_km end) / nullif(sum(case when ideal then ideal_usable else rated_usable end::double precision), 0) * 100,
        sum(temperature_sum) / nullif(sum(temperature_samples), 0), max(odometer_km)
    from teslamate.level_quarters(car, since, until)
    cross join (select teslamate.is_ideal_range() as ideal, greatest(extract(epoch from until - since) / points, 900)::double precision as width offset 0) as w
    group by floor(extract(epoch from bucket) / w.width)
    order by 1;
end
$$;
comment on function teslamate.level_series(integer, timestamp, timestamp, integer) is 'Level, usable level and range of a window as means (with lowest and highest level), at most so many points, of 15 min or more.';

drop function if exists teslamate.level_moving_statistics(integer, timestamp, timestamp, integer, integer);
create function teslamate.level_moving_statistics(car integer, since timestamp, until timestamp, width_h integer default 2, frames integer default 6)
returns table (date timestamp, mean double precision, median double precision, low double precision, high double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 1000 language plpgsql as $$
declare
    width interval := width_h * interval '1 hour';
    -- Buckets before and after: a frame is whole days, as many of them before as after.
    half integer := floor(extract(epoch from until - since) / 86400 / frames)::integer / 2 * 24 / width_h;
    fractions constant double precision[] := array[0.5, 0.075, 0.925];
    -- By bucket: its begin, whether there is a reading, its level as a rank among all levels (null before the first reading).
    buckets timestamp[];
    readings boolean[];
    ranks integer[];
    -- By rank: the level, and how often the frame has it.
    levels double precision[];
    counts integer[];
    -- By fraction: a rank, and how many levels of the frame are below it. Both follow the frame, which changes by two levels a step.
    places integer[] := array[1, 1, 1];
    belows integer[] := array[0, 0, 0];
    quantiles double precision[] := array[0, 0, 0];
    held integer := 0;
    total double precision := 0;
    last integer;
    centre integer;
    rank integer;
    place integer;
    below integer;
    wanted double precision;
    level double precision;
begin
    with known as (
        select date_bin(width, l.bucket, timestamp '2000-01-01') as bucket, sum(l.level_sum)::double precision / nullif(sum(l.samples), 0) as level
        from teslamate.levels(car, since - half * width, until) as l
        group by 1
    ), grid as (
        select g as bucket, k.level, count(k.level) over (order by g) as filled
        from generate_series(date_bin(width, since - half * width, timestamp '2000-01-01'), until, width) as g
        left join known as k on k.bucket = g
    ), line as (
        select g.bucket, g.level is not null as has_reading, first_value(g.level) over (partition by g.filled order by g.bucket) as level from grid as g
    ), ranked as (
        select l.*, case when l.level is not null then dense_rank() over (order by l.level) end as rank from line as l
    )
    select array_agg(r.bucket order by r.bucket), array_agg(r.has_reading order by r.bucket), array_agg(r.rank order by r.bucket),
        (select array_agg(distinct n.level order by n.level) from ranked as n where n.level is not null)
    into buckets, readings, ranks, levels
    from ranked as r;
    if levels is null then
        return;
    end if;
    last := cardinality(buckets);
    counts := array_fill(0, array[cardinality(levels)]);

    for entering in 1 .. last + half loop
        rank := ranks[entering];
        if rank is not null then
            held := held + 1;
            total := total + levels[rank];
            counts[rank] := counts[rank] + 1;
            for q in 1 .. 3 loop
                if rank < places[q] then
                    belows[q] := belows[q] + 1;
                end if;
            end loop;
        end if;
        centre := entering - half;
        rank := ranks[centre - half - 1];
        if rank is not null then
            held := held - 1;
            total := total - levels[rank];
            counts[rank] := counts[rank] - 1;
            for q in 1 .. 3 loop
                if rank < places[q] then
                    belows[q] := belows[q] - 1;
                end if;
            end loop;
        end if;
        continue when centre < 1 or not readings[centre] or buckets[centre] < since;

        for q in 1 .. 3 loop
            place := places[q];
            below := belows[q];
            wanted := fractions[q] * (held - 1);
            while below > floor(wanted) loop
                place := place - 1;
                below := below - counts[place];
            end loop;
            while below + counts[place] <= floor(wanted) loop
                below := below + counts[place];
                place := place + 1;
            end loop;
            places[q] := place;
            belows[q] := below;
            level := levels[place];
            if wanted > below + counts[place] - 1 then
                -- Between this level and the next one of the frame.
                place := place + 1;
                while counts[place] = 0 loop
                    place := place + 1;
                end loop;
                level := level + (wanted - floor(wanted)) * (levels[place] - level);
            end if;
            quantiles[q] := level;
        end loop;
        date := buckets[centre];
        mean := total / held;
        median := quantiles[1];
        low := quantiles[2];
        high := quantiles[3];
        return next;
    end loop;
end
$$;
comment on function teslamate.level_moving_statistics(integer, timestamp, timestamp, integer, integer)
    is 'Mean, median, 7.5 % and 92.5 % percentile of the level over a moving frame of a sixth (frames) of the window, in whole days of which half, rounded down, lie before and
as many after; in buckets of width_h hours; empty ones hold the level before. A frame under two days is the bucket alone.';

drop function if exists teslamate.charging_series(integer, timestamp, timestamp, integer);
create function teslamate.charging_series(car integer, since timestamp, until timestamp, points integer default 2000)
returns table (date timestamp, power_kw double precision, current_a double precision, voltage_v double precision, energy_added_kwh double precision, is_heater_on boolean, level double precision)
stable parallel safe set jit = off language sql as $$
    with w as materialized (
        select greatest(extract(epoch from until - since) / points, 1)::double precision as step
    )
    select min(c.date), avg(c.charger_power)::double precision, avg(c.charger_actual_current)::double precision, avg(c.charger_voltage)::double precision, max(c.charge_energy_added)::double precision,
        bool_or(coalesce(c.battery_heater_on, false) or coalesce(c.battery_heater, false)), avg(c.battery_level)::double precision
    from public.charging_processes as p
    join public.charges as c on c.charging_process_id = p.id and c.date >= since and c.date < until
    where (select step from w) < 21600 and p.car_id = car and p.start_date < until and coalesce(p.end_date, until) >= since
    group by floor(extract(epoch from c.date)::double precision / (select step from w)), p.id
    union all
    -- Where a step is longer than nearly every charge, millions of rows say no more than what is kept of each process.
    select p.start_date, coalesce(k.power_mean, s.power_mean), coalesce(k.current_mean, s.current_mean), coalesce(k.voltage_mean, s.voltage_mean),
        coalesce(k.added_max, s.added_max), coalesce(k.is_heated, s.is_heated), coalesce(k.level_mean, s.level_mean)
    from public.charging_processes as p
    left join teslamate.charge_samples as k on k.charging_process_id = p.id and k.start_date = p.start_date and k.end_date = p.end_date
    left join lateral (
        select n.*
        from (
            select where k.charging_process_id is null and p.start_date >= (select teslamate.charges_computed_since(car, since, until)) offset 0
        ) as missing
        cross join lateral teslamate.charge_sample(p.id) as n
    ) as s on true
    where (select step from w) >= 21600 and p.car_id = car and teslamate.is_within(p.start_date, since, until) and teslamate.is_time(p.end_date)
        and coalesce(k.samples, s.samples) > 0
    order by 1
$$;
comment on function teslamate.charging_series(integer, timestamp, timestamp, integer)
    is 'Charges of a window as means of equal steps of time, at most some thousand points. With steps of 6 h and more each charging process that
starts in the window is one point, at its start.';

drop function if exists teslamate.newest_values(integer, timestamp);
create function teslamate.newest_values(car integer, now_utc timestamp)
returns table (date timestamp, level smallint, usable_level smallint, range_km double precision, odometer_km double precision, latitude double precision, longitude double precision,
    outside_temp_c double precision, inside_temp_c double precision, driver_temp_c double precision, version text, state text, state_since timestamp,
    charging_kw smallint, charging_v smallint)
stable parallel safe set jit = off language sql as $$
    select r.date, r.level, r.usable, r.range_km, r.odometer_km, r.latitude, r.longitude,
        case when r.date >= now_utc - interval '1 hour' then r.outside_temp_c end, p.inside_temp::double precision, p.driver_temp_setting::double precision,
        (select split_part(u.version, ' ', 1) from public.updates as u where u.car_id = car and u.end_date is not null order by u.start_date desc, u.id desc limit 1),
        s.state::text, s.start_date, coalesce(c.charger_power, 0::smallint), coalesce(c.charger_voltage, 0::smallint)
    from teslamate.newest_reading(car) as r
    left join lateral (
        select n.inside_temp, n.driver_temp_setting
        from public.positions as n
        where n.car_id = car and n.ideal_battery_range_km is not null and n.date >= now_utc - interval '1 hour' and n.inside_temp is not null
        order by n.date desc limit 1
    ) as p on true
    left join lateral (select s.state, s.start_date from public.states as s where s.car_id = car order by s.start_date desc limit 1) as s on true
    left join lateral (
        select n.charger_power, n.charger_voltage
        from (select id, end_date from public.charging_processes where car_id = car order by start_date desc limit 1) as newest
        join public.charges as n on n.charging_process_id = newest.id
        where newest.end_date is null
        order by n.date desc limit 1
    ) as c on true
$$;
comment on function teslamate.newest_values(integer, timestamp) is 'How the car is now: newest reading, temperatures not older than an hour, software, state, power and voltage of a running charge.';

drop function if exists teslamate.database_tables();
create function teslamate.database_tables()
returns table (table_name text, estimated_rows bigint, data_bytes bigint, index_bytes bigint, total_bytes bigint)
stable language sql as $$
    select n.nspname || '.' || c.relname, greatest(c.reltuples, 0)::bigint, pg_table_size(c.oid), pg_indexes_size(c.oid), pg_total_relation_size(c.oid)
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('public', 'private', 'teslamate')
    order by 5 desc
$$;
comment on function teslamate.database_tables() is 'Tables with the planner''s estimate of their rows, and their sizes in bytes, largest first.';

drop function if exists teslamate.database_indexes();
create function teslamate.database_indexes()
returns table (table_name text, index_name text, scans bigint, tuples_read bigint, tuples_fetched bigint, bytes bigint)
stable language sql as $$
    select relname::text, indexrelname::text, idx_scan, idx_tup_read, idx_tup_fetch, pg_relation_size(indexrelid)
    from pg_stat_user_indexes
    where schemaname in ('public', 'private', 'teslamate')
    order by 6 desc
$$;
comment on function teslamate.database_indexes() is 'Indexes, how often they were used, and their sizes in bytes.';

drop function if exists teslamate.database_facts();
create function teslamate.database_facts()
returns table (version text, bytes bigint, shared_buffers_bytes bigint, zone text)
stable language sql as $$
    select version(), pg_database_size(current_database()), setting::bigint * 8192, current_setting('timezone') from pg_settings where name = 'shared_buffers'
$$;
comment on function teslamate.database_facts() is 'Version of the server, size of the database and of the shared buffers in bytes, zone of the session.';

drop function if exists teslamate.incomplete_rows(integer);
create function teslamate.incomplete_rows(car integer)
returns table (kind text, id integer, start_date timestamp, end_date timestamp, reason text)
stable parallel safe language sql as $$
    select 'drive', d.id, d.start_date, d.end_date, case when d.end_date is null then 'open' else 'no distance' end
    from public.drives as d where d.car_id = car and (d.end_date is null or d.distance is null)
    union all
    select 'charge', p.id, p.start_date, p.end_date, case when p.end_date is null then 'open' when p.charge_energy_added is null then 'no energy' else 'empty' end
    from public.charging_processes as p where p.car_id = car and (p.end_date is null or coalesce(p.charge_energy_added, 0) <= 0.01)
    order by 3 desc
$$;
comment on function teslamate.incomplete_rows(integer) is 'Drives and charging processes that no sum counts (M3, M4), newest first, with the reason.';

drop function if exists teslamate.visited_places(integer, timestamp, timestamp, text);
create function teslamate.visited_places(car integer, since timestamp, until timestamp, text_part text default null)
returns table (place text, city text, state text, country text, visits bigint, charges bigint, energy_added_kwh double precision, last_visit timestamp, geofence_id integer, address_id integer)
stable parallel safe set jit = off language sql as $$
    select coalesce(g.name, a.name, nullif(concat_ws(' ', a.road, a.house_number), '')), coalesce(a.city, a.neighbourhood), a.state, a.country, count(*) filter (where e.is_drive),
        count(*) filter (where not e.is_drive), coalesce(sum(e.kwh), 0), max(e.date), max(e.geofence_id), max(e.address_id)
    from (
        select end_address_id as address_id, end_geofence_id as geofence_id, true as is_drive, null::double precision as kwh, end_date as date
        from teslamate.drive_facts(car, since, until) where not is_open
        union all
        select address_id, geofence_id, false, energy_added_kwh, start_date from teslamate.charge_facts(car, since, until) where is_counted
    ) as e
    left join public.addresses as a on a.id = e.address_id
    left join public.geofences as g on g.id = e.geofence_id
    where (e.address_id is not null or e.geofence_id is not null)
        and (coalesce(text_part, '') = '' or strpos(lower(concat_ws(' ', g.name, a.display_name)), lower(text_part)) > 0)
    group by 1, 2, 3, 4
    order by 8 desc
$$;
comment on function teslamate.visited_places(integer, timestamp, timestamp, text) is 'Where drives of the window ended and charges began: visits, charges, kWh, the last time; the text is taken literally.';
