-- Measures 5 of 6: what happened one after another (docs/measures.md; M10, M12, M16, M17).
drop function if exists teslamate.gross_legs(integer, timestamp, timestamp);
create function teslamate.gross_legs(car integer, since timestamp, until timestamp)
returns table (date timestamp, distance_km double precision, loss_km double precision, span_km double precision)
stable parallel safe language sql as $$
    with rows as (
        select 0 as source, d.id, d.start_date as starts, d.end_date as ends, d.start_km as start_odometer, d.end_km as end_odometer,
            (case when ideal then d.start_ideal_range_km else d.start_rated_range_km end)::double precision as start_range,
            (case when ideal then d.end_ideal_range_km else d.end_rated_range_km end)::double precision as end_range
        from public.drives as d
        cross join (select teslamate.is_ideal_range() as ideal offset 0) as preference
        where d.car_id = car and (
                d.end_date >= coalesce(since, timestamp '1900-01-01') or (d.end_date is null and d.start_date >= coalesce(since, timestamp '1900-01-01')))
            and d.start_date > timestamp '-infinity' and d.start_date < timestamp 'infinity' and teslamate.is_time(d.end_date)
        union all
        select 1, p.id, p.start_date, p.end_date, coalesce(k.odometer_km, place.odometer), coalesce(k.odometer_km, place.odometer),
            (case when ideal then p.start_ideal_range_km else p.start_rated_range_km end)::double precision,
            (case when ideal then p.end_ideal_range_km else p.end_rated_range_km end)::double precision
        from public.charging_processes as p
        left join teslamate.charge_samples as k on k.charging_process_id = p.id and k.start_date = p.start_date and k.end_date = p.end_date
            and k.position_id = p.position_id
        left join lateral (select n.odometer from public.positions as n where n.id = p.position_id and k.charging_process_id is null offset 0) as place on true
        cross join (select teslamate.is_ideal_range() as ideal offset 0) as preference
        where p.car_id = car and (
                p.end_date >= coalesce(since, timestamp '1900-01-01') or (p.end_date is null and p.start_date >= coalesce(since, timestamp '1900-01-01')))
            and p.start_date > timestamp '-infinity' and p.start_date < timestamp 'infinity' and teslamate.is_time(p.end_date)
    ), events as not materialized (
        select source, id, starts, starts as date, false as is_end, start_odometer as odometer, start_range as range_km from rows where starts >= coalesce(since, timestamp '1900-01-01')
        union all
        select source, id, starts, ends, true, end_odometer, end_range from rows where ends is not null
    ), ordered as (
        -- Ends before starts of the same moment; a row without duration starts before it ends.
        select *, count(*) filter (where source = 1 and not is_end) over chain as charges
        from events
        window chain as (order by date, starts, source, id, is_end rows unbounded preceding)
    ), legs as (
        select date, source, is_end, odometer, range_km, lead(odometer) over chain as next_odometer, lead(range_km) over chain as next_range,
            -- Charges that begin between the two events.
            lead(charges - case when source = 1 and not is_end then 1 else 0 end) over chain - charges as charges_between
        from ordered
        where odometer is not null and range_km is not null
        -- The order that they are in already.
        window chain as (order by date, starts, source, id, is_end)
    ), unranged as (
        select exists (select from events where odometer is not null and range_km is null) as is_any
    ), spans as (
        select date, lead(odometer) over (order by date, starts, source, id, is_end) - odometer as span
        from events
        where odometer is not null
    )
    -- A bridge across the begin of a charge says nothing of what was lost. Where every odometer has a range, legs and spans are the same.
    select date, case when charges_between = 0 then next_odometer - odometer else 0 end,
        case
            when charges_between > 0 then null
            when source = 0 and not is_end then range_km - next_range
            else greatest(range_km - next_range, 0)
        end,
        case when (select is_any from unranged) then 0 else next_odometer - odometer end
    from legs
    where date < coalesce(until, timestamp 'infinity') and next_odometer is not null
    union all
    -- Without a leg nothing is known of what was lost, which is not 0.
    select date, 0, null, span from spans where (select is_any from unranged) and date < coalesce(until, timestamp 'infinity') and span is not null
$$;
comment on function teslamate.gross_legs(integer, timestamp, timestamp)
    is 'M10. Legs between consecutive starts and ends of drives and charges whose first event lies in [since, until): distance by odometer, range lost (parked: never negative; while
driving: gains count) and the span of the odometer, in rows of their own where an event has an odometer and no range. Events without odometer or range are bridged.';

drop function if exists teslamate.gross_statistics(integer, timestamp, timestamp, text, text);
drop function if exists teslamate.gross_statistics(integer, timestamp, timestamp, text, text, boolean);
create function teslamate.gross_statistics(car integer, since timestamp, until timestamp, zone text, period text, with_total boolean default false)
returns table (period_key timestamp, gross_kwh double precision, gross_distance_km double precision, gross_wh_per_km double precision, gross_coverage double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 100 set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    select case when grouping(l.key) = 0 then l.key else timestamp '-infinity' end, sum(l.loss_km) * max(c.efficiency), coalesce(sum(l.distance_km), 0),
        sum(l.loss_km) * max(c.efficiency) * 1000 / nullif(sum(l.distance_km), 0), coalesce(sum(l.distance_km), 0) / nullif(sum(l.span_km), 0)
    -- Each leg is counted once for its period and the total.
    from (select g.*, teslamate.period_key(g.date, period, zone) as key from teslamate.gross_legs(car, since, until) as g offset 0) as l
    cross join (select efficiency from public.cars where id = car) as c
    group by grouping sets ((l.key), ())
    having grouping(l.key) = 0 or (with_total and period <> 'total' and count(*) > 0);
end
$$;
comment on function teslamate.gross_statistics(integer, timestamp, timestamp, text, text, boolean)
    is 'M10 per local period of the first event of a leg: kWh and Wh/km with all that was lost while parked; coverage: share (0 to 1) of the advance of the odometer that legs cover.
with_total: and of all of them, with the key -infinity.';

drop function if exists teslamate.pauses(integer, timestamp, timestamp, timestamp);
drop function if exists teslamate.pause_parts(integer, timestamp, timestamp, timestamp, timestamp, timestamp);
drop function if exists teslamate.pause_borders(integer, timestamp, timestamp);
create function teslamate.pause_borders(car integer, since timestamp, until timestamp) returns table (first_start timestamp, last_start timestamp)
stable parallel safe rows 1 language sql as $$
    select
        greatest(
            (select max(d.start_date) from public.drives as d where d.car_id = car and d.end_date is not null and d.distance is not null and d.start_date < since),
            (select max(p.start_date) from public.charging_processes as p
             where p.car_id = car and p.end_date is not null and p.charge_energy_added > 0.01 and p.start_date < since)),
        least(
            (select min(d.start_date) from public.drives as d where d.car_id = car and d.end_date is not null and d.distance is not null and d.start_date >= until),
            (select min(p.start_date) from public.charging_processes as p
             where p.car_id = car and p.end_date is not null and p.charge_energy_added > 0.01 and p.start_date >= until))
$$;
comment on function teslamate.pause_borders(integer, timestamp, timestamp)
    is 'From the begin of the pause in which the window begins to the end of the one in which it ends: the starts of the drives or charges around them; null where there are none.';

create function teslamate.pause_parts(car integer, since timestamp, until timestamp, now_utc timestamp, first_start timestamp, last_start timestamp)
returns table (start_date timestamp, end_date timestamp, is_current boolean, after_drive_id integer, after_process_id integer, before_drive_id integer, before_process_id integer,
    start_odometer_km double precision, end_odometer_km double precision, gap_km double precision, start_range_km double precision, end_range_km double precision,
    start_level smallint, end_level smallint, is_range_reduced boolean, start_latitude double precision, start_longitude double precision,
    end_latitude double precision, end_longitude double precision, address_id integer, geofence_id integer, outside_temp_c double precision)
stable parallel safe language sql as $$
    with rows as (
        select d.drive_id, null::integer as process_id, d.start_date, d.end_date, d.is_counted, d.start_km as start_odometer, d.end_km as end_odometer, d.start_range_km, d.end_range_km,
            d.start_level, d.end_level, coalesce(d.start_level > d.start_usable, false) as start_reduced, coalesce(d.end_level > d.end_usable, false) as end_reduced,
            d.start_latitude, d.start_longitude, d.end_latitude, d.end_longitude, d.end_address_id as address_id, d.end_geofence_id as geofence_id, d.outside_temp_c,
            d.start_km is not null or d.start_range_km is not null or d.start_level is not null as has_readings
        from teslamate.drive_readings(car, first_start, last_start + interval '1 microsecond') as d
        union all
        select null, c.charging_process_id, c.start_date, c.end_date, c.is_counted, c.odometer_km, c.odometer_km, c.start_range_km, c.end_range_km, c.start_level, c.end_level,
            coalesce(c.start_level > c.first_usable, false), coalesce(c.end_level > c.last_usable, false), c.latitude, c.longitude, c.latitude, c.longitude,
            c.address_id, c.geofence_id, c.outside_temp_c, c.start_range_km is not null or c.start_level is not null
        from teslamate.charge_facts(car, first_start, last_start + interval '1 microsecond') as c
    ), interrupting as (
        select *
        from rows
        where is_counted or has_readings or (
            -- Asked once, and not before there is such a row: the last of all.
            end_date is null and coalesce(drive_id, -process_id) = (
                select coalesce(n.drive_id, -n.process_id)
                from (
                    select d.id as drive_id, null::integer as process_id, d.start_date, d.end_date
                    from public.drives as d
                    where d.car_id = car and teslamate.is_within(d.start_date, first_start, last_start + interval '1 microsecond') and teslamate.is_time(d.end_date)
                    union all
                    select null, p.id, p.start_date, p.end_date
                    from public.charging_processes as p
                    where p.car_id = car and teslamate.is_within(p.start_date, first_start, last_start + interval '1 microsecond') and teslamate.is_time(p.end_date)
                ) as n
                order by n.start_date desc, n.end_date desc nulls first, n.drive_id desc nulls first, n.process_id desc
                limit 1
            )
        )
    ), chain as (
        -- What is asked of the next row lies in two arrays: each column looked up by itself would take as long as all of them together.
        select r.*, lead(start_date) over w as next_start,
            lead(array[start_odometer, start_range_km, start_level, case when start_reduced then 1 else 0 end]) over w as next,
            lead(array[drive_id, process_id, start_latitude, start_longitude]) over w as next_place
        from interrupting as r
        window w as (order by start_date, end_date nulls last, drive_id, process_id)
    ), spans as (
        select c.*, coalesce(c.next_start, greatest(now_utc, c.end_date)) as stops, c.next_start is not null as has_next, n.odometer_km as now_odometer, n.range_km as now_range,
            n.level as now_level, coalesce(n.level > n.usable, false) as now_reduced, n.latitude as now_latitude, n.longitude as now_longitude
        from chain as c
        left join lateral (select r.* from teslamate.newest_reading(car) as r where c.next_start is null and r.date >= c.end_date) as n on true
        where c.end_date is not null and (c.next_start is not null or last_start is null)
    )
    select end_date, stops, not has_next, drive_id, process_id, next_place[1]::integer, next_place[2]::integer, end_odometer,
        case when has_next then next[1] else now_odometer end,
        -- Rounded to millimetres, so that half a kilometre is half a kilometre in binary, too.
        case case when has_next then next[1] else now_odometer end - end_odometer
            when 0 then 0
            else round((case when has_next then next[1] else now_odometer end - end_odometer)::numeric, 6)::double precision
        end,
        end_range_km, case when has_next then next[2] else now_range end, end_level, case when has_next then next[3]::smallint else now_level end,
        end_reduced or case when has_next then next[4] = 1 else now_reduced end,
        end_latitude, end_longitude, case when has_next then next_place[3] else now_latitude end, case when has_next then next_place[4] else now_longitude end,
        address_id, geofence_id, outside_temp_c
    from spans
    where stops > end_date and end_date < coalesce(until, timestamp 'infinity') and stops > coalesce(since, timestamp '1900-01-01')
$$;
comment on function teslamate.pause_parts(integer, timestamp, timestamp, timestamp, timestamp, timestamp)
    is 'teslamate.pauses between the borders that teslamate.pause_borders has of the window, for other functions, which it is taken into: what they do not ask for costs nothing.';

create function teslamate.pauses(car integer, since timestamp, until timestamp, now_utc timestamp)
returns table (start_date timestamp, end_date timestamp, is_current boolean, after_drive_id integer, after_process_id integer, before_drive_id integer, before_process_id integer,
    start_odometer_km double precision, end_odometer_km double precision, gap_km double precision, start_range_km double precision, end_range_km double precision,
    start_level smallint, end_level smallint, is_range_reduced boolean, start_latitude double precision, start_longitude double precision,
    end_latitude double precision, end_longitude double precision, address_id integer, geofence_id integer, outside_temp_c double precision)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
declare
    borders record;
begin
    select * into borders from teslamate.pause_borders(car, since, until);
    return query select * from teslamate.pause_parts(car, since, until, now_utc, borders.first_start, borders.last_start);
end
$$;
comment on function teslamate.pauses(integer, timestamp, timestamp, timestamp)
    is 'M12, M16. From the end of one drive or charge to the start of the next, the newest to now_utc, as far as they touch the window; not cut at its borders. Open and empty rows
interrupt only where they have readings, an open one at the end always. gap_km: advance of the odometer without a drive. Readings before and after: range in km, level in %.';

drop function if exists teslamate.asleep_until(integer, timestamp[]);
drop function if exists teslamate.sleeps(integer);
create function teslamate.sleeps(car integer)
returns table (starts timestamp[], ends timestamp[], bases timestamp[])
stable parallel safe rows 1 language sql as $$
    select array_agg(start_date), array_agg(end_date), array_agg(base)
    from (
        select start_date, end_date,
            start_date - coalesce(sum(end_date - start_date) filter (where end_date < 'infinity')
                over (order by began, end_date rows between unbounded preceding and 1 preceding), interval '0') as base
        from (
            -- What lies in a state before it counts once: nobody sleeps more than the time there is. Begins and ends stay in their order.
            select began, greatest(began, slept_until) as start_date, end_date
            from (
                select began, end_date,
                    max(end_date) over (order by began, end_date rows between unbounded preceding and 1 preceding) as slept_until
                from (
                    select start_date as began, coalesce(end_date, timestamp 'infinity') as end_date from public.states
                    where car_id = car and state <> 'online' and isfinite(start_date)
                ) as s
            ) as s
            where slept_until is null or end_date > slept_until
        ) as sleeping
        order by began, end_date
    ) as summed
$$;
comment on function teslamate.sleeps(integer)
    is 'When the car was asleep or offline, in one row, in their order: begins, ends (infinity for the state still open) and each begin less the time asleep before it: what is
asleep until a moment within is its distance from there. Arrays, because the place of a moment among them (width_bucket) is found without a sort of all moments.';

drop function if exists teslamate.idle_parts(integer, timestamp, timestamp, timestamp, text, text[]);
drop function if exists teslamate.idle_parts(integer, timestamp, timestamp, timestamp, text, text, boolean, timestamp, timestamp);
drop function if exists teslamate.idle_rows(integer, timestamp, timestamp, timestamp, timestamp, timestamp);
create function teslamate.idle_rows(car integer, since timestamp, until timestamp, now_utc timestamp, first_start timestamp, last_start timestamp)
returns table (start_date timestamp, end_date timestamp, clip_from timestamp, clip_to timestamp, whole_s double precision, is_current boolean, range_loss_km double precision,
    loss_kwh double precision, start_level smallint, end_level smallint, is_range_reduced boolean, outside_temp_c double precision, after_drive_id integer,
    after_process_id integer, before_drive_id integer, before_process_id integer, address_id integer, geofence_id integer, latitude double precision, longitude double precision,
    end_latitude double precision, end_longitude double precision)
stable parallel safe language sql as $$
    with capacity as materialized (
        -- Asked for once, with the first pause of reduced range, and not before.
        select coalesce(h.capacity_now_kwh, h.capacity_new_kwh) as kwh from teslamate.battery_health(car, null) as h
    )
    select p.start_date, p.end_date, greatest(p.start_date, coalesce(since, p.start_date)), least(p.end_date, coalesce(until, p.end_date)),
        teslamate.seconds(p.end_date - p.start_date), is_current, start_range_km - end_range_km,
        case when is_range_reduced then (start_level - end_level) * (select kwh from capacity) / 100 else (start_range_km - end_range_km) * e.efficiency end,
        start_level, end_level, is_range_reduced,
        outside_temp_c, after_drive_id, after_process_id, before_drive_id, before_process_id, address_id, geofence_id, start_latitude, start_longitude, end_latitude, end_longitude
    from teslamate.pause_parts(car, since, until, now_utc, first_start, last_start) as p
    cross join (select efficiency from public.cars where id = car) as e
    where coalesce(p.gap_km, 0) < 0.5
$$;
comment on function teslamate.idle_rows(integer, timestamp, timestamp, timestamp, timestamp, timestamp)
    is 'M12. Pauses without an advance of the odometer, with the whole of what each lost and what of it lies in the window (clip_from, clip_to); for other functions, which it is taken into.';

create function teslamate.idle_parts(car integer, since timestamp, until timestamp, now_utc timestamp, zone text, period text, with_total boolean,
    first_start timestamp, last_start timestamp)
returns table (period_key timestamp, is_in_period boolean, is_in_total boolean, start_date timestamp, end_date timestamp, whole_from timestamp, whole_to timestamp, is_current boolean,
    idle_s double precision, asleep_s double precision, standby double precision, range_loss_km double precision, loss_kwh double precision, is_from_level boolean,
    power_w double precision, range_loss_kmh double precision, start_level smallint, end_level smallint, level_loss integer, is_range_reduced boolean, is_moved boolean,
    climate_share double precision, outside_temp_c double precision, after_drive_id integer, after_process_id integer, before_drive_id integer, before_process_id integer,
    address_id integer, geofence_id integer, latitude double precision, longitude double precision, place text)
stable parallel safe language sql as $$
    with cut as materialized (
        select r.*, teslamate.period_key(clip_from, period, zone) as first_key, teslamate.period_key(clip_to - interval '1 microsecond', period, zone) as last_key
        from teslamate.idle_rows(car, since, until, now_utc, first_start, last_start) as r
        where period <> 'total'
    ), parts as (
        -- Of the whole window nothing is to be cut, and what is not asked for not computed.
        select r.*, timestamp '-infinity' as key, true as in_period, true as in_total, r.clip_from as part_from, r.clip_to as part_to
        from teslamate.idle_rows(car, since, until, now_utc, first_start, last_start) as r
        where period = 'total'
        union all
        select start_date, end_date, clip_from, clip_to, whole_s, is_current, range_loss_km, loss_kwh, start_level, end_level, is_range_reduced, outside_temp_c,
            after_drive_id, after_process_id, before_drive_id, before_process_id, address_id, geofence_id, latitude, longitude, end_latitude, end_longitude,
            first_key, first_key = last_key, true, clip_from, clip_to
        from cut
        where first_key = last_key or with_total
        union all
        select start_date, end_date, clip_from, clip_to, whole_s, is_current, range_loss_km, loss_kwh, start_level, end_level, is_range_reduced, outside_temp_c,
            after_drive_id, after_process_id, before_drive_id, before_process_id, address_id, geofence_id, latitude, longitude, end_latitude, end_longitude,
            d.period_key, true, false, greatest(clip_from, d.period_from), least(clip_to, d.period_to)
        from cut
        cross join lateral teslamate.periods(clip_from, clip_to, period, zone) as d
        where first_key <> last_key
    ), sleeps as materialized (
        select * from teslamate.sleeps(car)
    ), placed as (
        -- Once for each part: the last sleep that began until its begin and its end.
        select p.*, width_bucket(part_from, (select starts from sleeps)) as sleep_from, width_bucket(part_to, (select starts from sleeps)) as sleep_to
        from parts as p
        offset 0
    ), slept as (
        -- The difference of what was slept before its end and before its begin.
        select p.*, teslamate.seconds(part_to - part_from) as seconds,
            teslamate.seconds(
                coalesce(least(part_to, (select ends from sleeps)[sleep_to]) - (select bases from sleeps)[sleep_to], interval '0')
                - coalesce(least(part_from, (select ends from sleeps)[sleep_from]) - (select bases from sleeps)[sleep_from], interval '0')) as asleep_seconds
        from placed as p
        offset 0
    ), measured as (
        select p.*, seconds / nullif(whole_s, 0) as part from slept as p
    )
    select key, in_period, in_total, part_from, part_to, m.start_date, m.end_date, is_current, seconds, asleep_seconds, asleep_seconds / nullif(seconds, 0),
        range_loss_km * part, loss_kwh * part, is_range_reduced, loss_kwh * part * 3600000 / nullif(seconds, 0), range_loss_km * part * 3600 / nullif(seconds, 0),
        start_level, end_level, (start_level - end_level)::integer, is_range_reduced,
        -- 0.004 degrees are 445 m to the north, and at most as many to the east.
        case
            when abs(m.latitude - m.end_latitude) < 0.004 and abs(m.longitude - m.end_longitude) < 0.004 then false
            else coalesce(teslamate.distance_m(m.latitude, m.longitude, m.end_latitude, m.end_longitude) > 1000, false)
        end,
        k.climate_samples::double precision / nullif(k.samples, 0), outside_temp_c, after_drive_id, after_process_id, before_drive_id, before_process_id,
        m.address_id, m.geofence_id, m.latitude, m.longitude, teslamate.place_label(f.name, a.name, a.road, a.house_number, a.city)
    from measured as m
    left join teslamate.parked_samples as k on k.car_id = car and k.start_date = m.start_date and k.end_date = m.end_date
    left join public.addresses as a on a.id = m.address_id
    left join public.geofences as f on f.id = m.geofence_id
$$;
comment on function teslamate.idle_parts(integer, timestamp, timestamp, timestamp, text, text, boolean, timestamp, timestamp)
    is 'teslamate.idles for other functions, which it is taken into: what they do not ask for costs nothing. is_in_period, is_in_total: which sums it belongs to; what is cut at the
borders of periods is in that of the total, which with_total asks for, as a row of its own.';

drop function if exists teslamate.idles(integer, timestamp, timestamp, timestamp, text, text);
create function teslamate.idles(car integer, since timestamp, until timestamp, now_utc timestamp, zone text default 'UTC', period text default 'total')
returns table (period_key timestamp, start_date timestamp, end_date timestamp, whole_from timestamp, whole_to timestamp, is_current boolean, idle_s double precision,
    asleep_s double precision, standby double precision, range_loss_km double precision, loss_kwh double precision, is_from_level boolean, power_w double precision,
    range_loss_kmh double precision, start_level smallint, end_level smallint, level_loss integer, is_range_reduced boolean, is_moved boolean,
    climate_share double precision, outside_temp_c double precision, after_drive_id integer, after_process_id integer, before_drive_id integer, before_process_id integer,
    address_id integer, geofence_id integer, latitude double precision, longitude double precision, place text)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
declare
    borders record;
begin
    select * into borders from teslamate.pause_borders(car, since, until);
    return query
    select period_key, start_date, end_date, whole_from, whole_to, is_current, idle_s, asleep_s, standby, range_loss_km, loss_kwh, is_from_level, power_w, range_loss_kmh,
        start_level, end_level, level_loss, is_range_reduced, is_moved, climate_share, outside_temp_c, after_drive_id, after_process_id, before_drive_id, before_process_id,
        address_id, geofence_id, latitude, longitude, place
    from teslamate.idle_parts(car, since, until, now_utc, zone, period, false, borders.first_start, borders.last_start);
end
$$;
comment on function teslamate.idles(integer, timestamp, timestamp, timestamp, text, text)
    is 'M12. Pauses without an advance of the odometer of 0.5 km or more, cut at the borders of the window and of the local periods (losses in proportion to time; whole_from and whole_to:
uncut). asleep_s: asleep or offline. loss_kwh: range lost x efficiency; with reduced range at an end level lost x capacity, and is_from_level. is_moved: stood elsewhere at the end
without driving. climate_share: share (0 to 1) of the samples inside with climate on, of pauses that ended. place: where it stood.';

drop function if exists teslamate.idle_statistics(integer, timestamp, timestamp, timestamp, text, text);
drop function if exists teslamate.idle_statistics(integer, timestamp, timestamp, timestamp, text, text, boolean);
create function teslamate.idle_statistics(car integer, since timestamp, until timestamp, now_utc timestamp, zone text, period text, with_total boolean default false)
returns table (period_key timestamp, idles bigint, idle_s double precision, asleep_s double precision, idle_kwh double precision, idle_range_km double precision,
    idle_w double precision, idle_coverage double precision, asleep_w double precision, awake_w double precision, climate_kwh double precision, climate_s double precision)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
declare
    borders record;
begin
    select * into borders from teslamate.pause_borders(car, since, until);
    return query
    with parts as (
        -- Once, whichever sums a part belongs to.
        select p.period_key, is_in_period, is_in_total, idle_s, asleep_s, loss_kwh, range_loss_km, standby, climate_share
        from teslamate.idle_parts(car, since, until, now_utc, zone, period, with_total, borders.first_start, borders.last_start) as p
        offset 0
    )
    select case when t.sum_period = period then p.period_key else timestamp '-infinity' end, count(*), sum(idle_s), sum(asleep_s), sum(loss_kwh), sum(range_loss_km),
        sum(loss_kwh) * 3600000 / nullif(sum(idle_s) filter (where loss_kwh is not null), 0),
        coalesce(sum(idle_s) filter (where loss_kwh is not null), 0) / nullif(sum(idle_s), 0),
        sum(loss_kwh) filter (where standby >= 0.8) * 3600000 / nullif(sum(idle_s) filter (where standby >= 0.8 and loss_kwh is not null), 0),
        sum(loss_kwh) filter (where standby < 0.2) * 3600000 / nullif(sum(idle_s) filter (where standby < 0.2 and loss_kwh is not null), 0),
        sum(loss_kwh) filter (where climate_share > 0), sum(idle_s) filter (where climate_share > 0)
    from parts as p
    join teslamate.sums(with_total, period) as t on case when t.sum_period = period then is_in_period else is_in_total end
    group by 1
    order by 1;
end
$$;
comment on function teslamate.idle_statistics(integer, timestamp, timestamp, timestamp, text, text, boolean)
    is 'M12, P8 per local period with idle time, and with_total of all of it, with the key -infinity: seconds, of them asleep or offline, kWh, W; idle_coverage: share of the time whose loss is known. asleep_w: over idles asleep for at least
80 %, awake_w: for less than 20 %. climate_: idles during which climate was on.';

drop function if exists teslamate.timeline(integer, timestamp, timestamp, timestamp);
create function teslamate.timeline(car integer, since timestamp, until timestamp, now_utc timestamp)
returns table (kind text, start_date timestamp, end_date timestamp, is_open boolean, is_counted boolean, duration_s double precision, distance_km double precision,
    energy_kwh double precision, range_difference_km double precision, end_range_km double precision, level_difference integer, end_level smallint, odometer_km double precision,
    start_place text, end_place text, outside_temp_c double precision, version text, drive_id integer, charging_process_id integer, update_id integer,
    start_geofence_id integer, end_geofence_id integer, is_range_reduced boolean)
stable parallel safe set jit = off set work_mem = '32MB' set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
declare
    borders record;
begin
    select * into borders from teslamate.pause_borders(car, since, until);
    return query
    select 'driving', d.start_date, d.end_date, d.is_open, d.is_counted, d.duration_s, d.distance_km, -d.net_kwh, -d.range_lost_km, d.end_range_km, d.end_level - d.start_level, d.end_level,
        d.end_km, d.start_place, d.end_place, d.outside_temp_c, null::text, d.drive_id, null::integer, null::integer, d.start_geofence_id, d.end_geofence_id, d.is_range_reduced
    from teslamate.drive_entries(car, since, until) as d
    union all
    select 'charging', c.start_date, c.end_date, c.is_open, c.is_counted, c.duration_s, null::double precision, c.energy_added_kwh, c.range_gained_km, c.end_range_km, c.end_level - c.start_level, c.end_level,
        c.odometer_km, c.place, c.place, c.outside_temp_c, null::text, null::integer, c.charging_process_id, null::integer, c.geofence_id, c.geofence_id, false
    from teslamate.charge_list(car, since, until) as c
    union all
    select case when missing then 'missing' else 'parking' end, clip_from, clip_to, p.is_current, true, teslamate.seconds(clip_to - clip_from),
        case when missing then gap_km end, -loss * efficiency * part, -loss * part, p.end_range_km, p.end_level - p.start_level, p.end_level, p.end_odometer_km,
        teslamate.place_label(g.name, a.name, a.road, a.house_number, a.city),
        case when missing then (
            select teslamate.place_label(sg.name, sa.name, sa.road, sa.house_number, sa.city)
            from (
                select n.start_address_id, n.start_geofence_id from public.drives as n where n.id = p.before_drive_id
                union all
                select n.address_id, n.geofence_id from public.charging_processes as n where n.id = p.before_process_id
            ) as n (address_id, geofence_id)
            left join public.addresses as sa on sa.id = n.address_id
            left join public.geofences as sg on sg.id = n.geofence_id)
        else teslamate.place_label(g.name, a.name, a.road, a.house_number, a.city) end,
        p.outside_temp_c, null::text, null::integer, null::integer, null::integer, p.geofence_id, p.geofence_id, p.is_range_reduced
    from (
        select p.*, coalesce(p.gap_km > 0.5, false) as missing,
            p.start_range_km - p.end_range_km - case when p.gap_km > 0.5 then p.gap_km else 0 end as loss,
            greatest(p.start_date, coalesce(since, p.start_date)) as clip_from, least(p.end_date, coalesce(until, p.end_date)) as clip_to,
            teslamate.seconds(least(p.end_date, coalesce(until, p.end_date)) - greatest(p.start_date, coalesce(since, p.start_date)))
                / nullif(teslamate.seconds(p.end_date - p.start_date), 0) as part
        from teslamate.pause_parts(car, since, until, now_utc, borders.first_start, borders.last_start) as p
    ) as p
    cross join (select efficiency from public.cars where id = car) as e
    left join public.addresses as a on a.id = p.address_id
    left join public.geofences as g on g.id = p.geofence_id
    union all
    select 'updating', u.start_date, u.end_date, u.end_date is null, true, teslamate.seconds(u.end_date - u.start_date), null::double precision,
        null::double precision, null::double precision, null::double precision, null::integer, null::smallint, null::double precision,
        null::text, null::text, null::double precision, split_part(u.version, ' ', 1), null::integer, null::integer, u.id, null::integer, null::integer, false
    from public.updates as u
    where u.car_id = car and teslamate.is_within(u.start_date, since, until)
            and teslamate.is_time(u.end_date)
    order by 2 desc, 3 desc nulls first;
end
$$;
comment on function teslamate.timeline(integer, timestamp, timestamp, timestamp)
    is 'M16. Everything the car did, newest first: driving, charging, updating by their start in [since, until); parking and missing (odometer gap above 0.5 km: the loss beyond its distance)
between them, cut at the window''s borders. energy_kwh and range_difference_km are negative for what was used. Filters belong after it, so that "next" stays true.';

drop function if exists teslamate.software_dates(integer, timestamp, timestamp);
create function teslamate.software_dates(car integer, since timestamp, until timestamp) returns table (start_date timestamp, version text)
stable parallel safe language sql as $$
    select u.start_date, split_part(u.version, ' ', 1)
    from public.updates as u
    where u.car_id = car and teslamate.is_within(u.start_date, since, until) and teslamate.is_time(u.end_date)
    order by u.start_date, u.id
$$;
comment on function teslamate.software_dates(integer, timestamp, timestamp)
    is 'Versions and their dates as teslamate.software_versions has them, without what was driven and charged with them; the oldest first.';

drop function if exists teslamate.software_versions(integer, timestamp, timestamp, timestamp, text);
create function teslamate.software_versions(car integer, since timestamp, until timestamp, now_utc timestamp, zone text)
returns table (update_id integer, version text, full_version text, start_date timestamp, end_date timestamp, is_installing boolean, duration_s double precision,
    in_use_from timestamp, in_use_to timestamp, since_previous_s double precision, since_previous_days integer, drives bigint, distance_km double precision,
    net_wh_per_km double precision, charges bigint, range_at_100_km double precision)
stable parallel safe set jit = off set work_mem = '32MB' language sql as $$
    with updates as (
        select u.*, lag(u.start_date) over w as previous, lead(u.start_date) over w as next, row_number() over w as number
        from public.updates as u
        where u.car_id = car and isfinite(u.start_date) and teslamate.is_time(u.end_date)
        window w as (order by u.start_date, u.id)
    ), first as materialized (
        -- The first row of the car: what it was doing, where it was, a drive or a charge.
        select min(s.date) as date
        from (
            select min(start_date) from public.states where car_id = car and teslamate.is_within(start_date, null, null)
            union all
            select min(start_date) from public.drives where car_id = car and teslamate.is_within(start_date, null, null)
            union all
            select min(start_date) from public.charging_processes where car_id = car and teslamate.is_within(start_date, null, null)
            union all
            select min(date) from public.positions where car_id = car and ideal_battery_range_km is not null and teslamate.is_within(date, null, null)
        ) as s (date)
    ), periods as (
        select *, case when number = 1 then least(start_date, (select first.date from first)) else start_date end as used_from,
            coalesce(next, greatest(now_utc, start_date)) as used_to
        from updates
    ), bounds as materialized (
        -- Each drive and charge finds its version among these, instead of every version all of them.
        select array_agg(used_from order by number) as starts, max(used_to) as ends from periods
    ), driven as (
        select number, count(*) filter (where is_counted) as n, coalesce(sum(distance_km) filter (where is_counted), 0) as km,
            sum(net_kwh) filter (where is_counted) * 1000 / nullif(sum(net_distance_km) filter (where is_counted), 0) as wh_per_km,
            sum(range_km) filter (where usable >= 20) as range_km, sum(usable) filter (where usable >= 20 and range_km is not null) as usable
        from (
            select width_bucket(f.start_date, (select starts from bounds)) as number, f.start_range_km as range_km,
                coalesce(f.start_usable, f.start_level) as usable, f.is_counted, f.distance_km, f.net_kwh, f.net_distance_km
            from teslamate.drive_readings(car, null, null) as f
            where f.start_date < (select ends from bounds)
        ) as drives
        group by number
    ), charged as (
        select number, count(*) as n, sum(range_km) filter (where usable >= 20) as range_km,
            sum(usable) filter (where usable >= 20 and range_km is not null) as usable
        from (
            select width_bucket(c.end_date, (select starts from bounds)) as number, c.end_range_km as range_km,
                coalesce(c.last_usable, c.end_level) as usable
            from teslamate.charge_facts(car, null, null) as c
            where c.is_counted and c.end_date < (select ends from bounds)
        ) as charges
        group by number
    )
    select p.id, split_part(p.version, ' ', 1), p.version, p.start_date, p.end_date, p.end_date is null, teslamate.seconds(p.end_date - p.start_date),
        p.used_from, p.used_to, teslamate.seconds(p.start_date - p.previous),
        teslamate.local_time(p.start_date, zone)::date - teslamate.local_time(p.previous, zone)::date,
        coalesce(d.n, 0), coalesce(d.km, 0), d.wh_per_km, coalesce(c.n, 0), (coalesce(d.range_km, 0) + coalesce(c.range_km, 0)) / nullif(coalesce(d.usable, 0) + coalesce(c.usable, 0), 0) * 100
    from periods as p
    left join driven as d on d.number = p.number
    left join charged as c on c.number = p.number
    where teslamate.is_within(p.start_date, since, until)
    order by p.start_date desc, p.id desc
$$;
comment on function teslamate.software_versions(integer, timestamp, timestamp, timestamp, text)
    is 'M17. Updates that start in [since, until), newest first, with the time their version was in use (to the next update or now_utc; the first from the first row of the car), days since the
one before (local calendar days and exact seconds), drives by start, counted charges by end, range at 100 % in km by M15 over starts of drives and ends of charges.';

drop function if exists teslamate.state_spans(integer, timestamp, timestamp, timestamp);
create function teslamate.state_spans(car integer, since timestamp, until timestamp, now_utc timestamp)
returns table (state text, code integer, start_date timestamp, end_date timestamp, is_current boolean)
stable parallel safe set jit = off set work_mem = '32MB' language sql as $$
    with known as (
        -- Each state counts in digits of its own, from the one that is laid over all others down; with 15 bits none runs over into the next.
        select 0 as laid, case state when 'online' then 1 when 'offline' then 1 << 15 else 1 << 30 end as step, start_date, coalesce(end_date, now_utc) as end_date
        from public.states where car_id = car
        union all
        select 1, 0, start_date, coalesce(end_date, now_utc) from public.updates where car_id = car
        union all
        select 1 << 15, 0, start_date, coalesce(end_date, case when start_date = (select max(p.start_date) from public.charging_processes as p where p.car_id = car) then now_utc else start_date end)
        from public.charging_processes where car_id = car
        union all
        select 1 << 30, 0, start_date, coalesce(end_date, case when start_date = (select max(d.start_date) from public.drives as d where d.car_id = car) then now_utc else start_date end)
        from public.drives where car_id = car
    ), clipped as (
        select laid, step, greatest(start_date, coalesce(since, start_date)) as start_date, least(end_date, coalesce(until, end_date)) as end_date
        from known
        where start_date < coalesce(until, timestamp 'infinity') and end_date > coalesce(since, timestamp '1900-01-01') and end_date > start_date
            and isfinite(start_date) and isfinite(end_date)
    ), marks as (
        select start_date as date, laid, step from clipped
        union all
        select end_date, -laid, -step from clipped
    ), counted as (
        -- Marks of one moment come in any order: the last of them has counted all.
        select date, lead(date) over w as next, sum(laid) over w as laid, sum(step) over w as held
        from marks
        window w as (order by date rows unbounded preceding)
    ), labelled as (
        select date, next, case when laid >= 1 << 30 then 1 when laid >= 1 << 15 then 2 when laid > 0 then 6 when held >= 1 << 30 then 4 when held >= 1 << 15 then 3
                when held > 0 then 5 end as code
        from counted
        where next > date
    ), changes as (
        select date, code, code is distinct from lag(code) over w as begins, lag(next) over w as ends_before from labelled
        window w as (order by date)
    ), spans as (
        select code, date, coalesce(lead(ends_before) over (order by date), (select max(end_date) from clipped)) as next from changes where begins
    )
    select case code when 1 then 'driving' when 2 then 'charging' when 3 then 'offline' when 4 then 'asleep' when 5 then 'online' else 'updating' end, code, date, next,
        next >= now_utc
    from spans
    where code is not null
    order by 3
$$;
comment on function teslamate.state_spans(integer, timestamp, timestamp, timestamp)
    is 'What the car did when, without overlap, cut at the window: driving, charging, updating laid over asleep, offline, online. Codes as in dashboards: 1 driving, 2 charging, 3 offline,
4 asleep, 5 online, 6 updating. States that began before the window are known; time of which nothing is known has no row.';
