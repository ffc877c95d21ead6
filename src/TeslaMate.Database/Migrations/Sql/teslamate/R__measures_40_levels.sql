-- Measures 4 of 6: levels and projected range (docs/measures.md; M15, P19). Quarters of an hour, UTC, as kept in teslamate.level_samples: every border of a local day
-- is one of theirs.
drop function if exists teslamate.level_readings(integer, timestamp, timestamp, integer, integer);
create function teslamate.level_readings(car integer, since timestamp, until timestamp, last_position integer default 2147483647, last_charge integer default 2147483647)
returns table (date timestamp, level smallint, usable smallint, rated_km double precision, ideal_km double precision, temperature double precision, odometer_km double precision)
stable parallel safe language sql as $$
    select p.date, p.battery_level, coalesce(p.usable_battery_level, p.battery_level), p.rated_battery_range_km::double precision, p.ideal_battery_range_km::double precision,
        p.outside_temp::double precision, p.odometer
    from public.positions as p
    where p.car_id = car and p.ideal_battery_range_km is not null and p.date >= since and p.date < until and p.id <= last_position
    union all
    select c.date, c.battery_level, coalesce(c.usable_battery_level, c.battery_level), c.rated_battery_range_km::double precision, c.ideal_battery_range_km::double precision,
        c.outside_temp::double precision, null
    from public.charges as c
    join public.charging_processes as p on p.id = c.charging_process_id
    where p.car_id = car and c.date >= since and c.date < until and c.id <= last_charge
$$;
comment on function teslamate.level_readings(integer, timestamp, timestamp, integer, integer) is 'Complete positions and charges of the window with ids up to those bounds.';

drop function if exists teslamate.level_readings_by_id(integer, integer, integer, integer, integer);
create function teslamate.level_readings_by_id(car integer, after_position integer, last_position integer, after_charge integer, last_charge integer)
returns table (date timestamp, level smallint, usable smallint, rated_km double precision, ideal_km double precision, temperature double precision, odometer_km double precision)
stable parallel safe language sql as $$
    select p.date, p.battery_level, coalesce(p.usable_battery_level, p.battery_level), p.rated_battery_range_km::double precision, p.ideal_battery_range_km::double precision,
        p.outside_temp::double precision, p.odometer
    -- New rows are few: their ids find them, whatever the planner makes of the car and the date.
    from (select * from public.positions where id > after_position and id <= last_position offset 0) as p
    where p.car_id = car and p.ideal_battery_range_km is not null
    union all
    select c.date, c.battery_level, coalesce(c.usable_battery_level, c.battery_level), c.rated_battery_range_km::double precision, c.ideal_battery_range_km::double precision,
        c.outside_temp::double precision, null
    from (select * from public.charges where id > after_charge and id <= last_charge offset 0) as c
    join public.charging_processes as p on p.id = c.charging_process_id
    where p.car_id = car
$$;
comment on function teslamate.level_readings_by_id(integer, integer, integer, integer, integer) is 'Complete positions and charges with ids in those bounds.';

drop function if exists teslamate.level_buckets(integer, timestamp, timestamp, integer, integer);
drop function if exists teslamate.level_buckets_by_id(integer, timestamp, timestamp, integer, integer, integer, integer);
drop function if exists teslamate.level_buckets(integer, timestamp, timestamp, boolean, integer, integer, integer, integer);
create function teslamate.level_buckets(car integer, since timestamp, until timestamp, by_id boolean default false, after_position integer default 0,
    last_position integer default 2147483647, after_charge integer default 0, last_charge integer default 2147483647)
returns setof teslamate.level_samples
stable parallel safe language sql as $$
    select car::smallint, date_bin(interval '15 minutes', date, timestamp '2000-01-01'), count(level)::integer, coalesce(sum(level), 0)::bigint,
        coalesce(sum(usable) filter (where level is not null), 0)::bigint, min(level), max(level),
        max(date), (array_agg(level order by date desc) filter (where level is not null))[1],
        coalesce(sum(rated_km) filter (where usable >= 20), 0), coalesce(sum(usable) filter (where usable >= 20 and rated_km is not null), 0)::bigint,
        coalesce(sum(ideal_km) filter (where usable >= 20), 0), coalesce(sum(usable) filter (where usable >= 20 and ideal_km is not null), 0)::bigint,
        coalesce(sum(rated_km) filter (where usable < 20), 0), coalesce(sum(usable) filter (where usable < 20 and rated_km is not null), 0)::bigint,
        coalesce(sum(ideal_km) filter (where usable < 20), 0), coalesce(sum(usable) filter (where usable < 20 and ideal_km is not null), 0)::bigint,
        coalesce(sum(temperature), 0), count(temperature)::integer, max(odometer_km)
    -- by_id is written out by who asks, so that the plan has one of the two alone.
    from (
        select r.*
        from teslamate.level_readings(car, since, until, last_position, last_charge) as r
        where not by_id
        union all
        select r.*
        from teslamate.level_readings_by_id(car, after_position, last_position, after_charge, last_charge) as r
        where by_id and r.date >= since and r.date < until
    ) as readings
    group by 2
$$;
comment on function teslamate.level_buckets(integer, timestamp, timestamp, boolean, integer, integer, integer, integer)
    is 'teslamate.level_readings, or by_id teslamate.level_readings_by_id, of the window per quarter of an hour, as the table teslamate.level_samples keeps them.';

drop function if exists teslamate.whole_quarters(timestamp, timestamp);
create function teslamate.whole_quarters(window_from timestamp, window_to timestamp)
returns table (since timestamp, until timestamp, whole_since timestamp, whole_until timestamp)
immutable parallel safe rows 1 language sql as $$
    select coalesce(window_from, timestamp '1900-01-01'), coalesce(window_to, timestamp 'infinity'),
        case when window_from is null then timestamp '-infinity'
            else date_bin(interval '15 minutes', window_from + interval '15 minutes' - interval '1 microsecond', timestamp '2000-01-01') end,
        case when window_to is null then timestamp 'infinity' else date_bin(interval '15 minutes', window_to, timestamp '2000-01-01') end
$$;
comment on function teslamate.whole_quarters(timestamp, timestamp) is 'A window with both ends, and the whole quarters of an hour in it.';

drop function if exists teslamate.level_quarters(integer, timestamp, timestamp);
create function teslamate.level_quarters(car integer, since timestamp, until timestamp)
returns setof teslamate.level_samples
stable parallel safe rows 1000 language sql as $$
    select k.*
    from teslamate.whole_quarters(since, until) as w
    join teslamate.level_samples as k on k.bucket >= w.whole_since and k.bucket < w.whole_until
    where k.car_id = car
    union all
    select n.*
    from teslamate.whole_quarters(since, until) as w
    cross join (
        select coalesce((select last_position_id from teslamate.level_progress where car_id = car), 0) as position,
            coalesce((select last_charge_id from teslamate.level_progress where car_id = car), 0) as charge
    ) as kept
    cross join lateral teslamate.level_buckets(car, w.whole_since, w.whole_until, true, after_position => kept.position, after_charge => kept.charge) as n
    union all
    -- What is left at the borders of the window is read from the log.
    select n.*
    from teslamate.whole_quarters(since, until) as w
    cross join lateral teslamate.level_buckets(car, w.since, least(w.whole_since, w.until)) as n
    where w.since < w.whole_since
    union all
    select n.*
    from teslamate.whole_quarters(since, until) as w
    cross join lateral teslamate.level_buckets(car, greatest(w.whole_until, w.since), w.until) as n
    where w.whole_until < w.until and w.whole_until >= w.whole_since
$$;
comment on function teslamate.level_quarters(integer, timestamp, timestamp)
    is 'teslamate.levels for other functions, which it is taken into: what they do not ask for costs nothing.';

drop function if exists teslamate.levels(integer, timestamp, timestamp);
create function teslamate.levels(car integer, since timestamp, until timestamp)
returns setof teslamate.level_samples
stable parallel safe set jit = off set work_mem = '32MB' rows 1000 set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query select * from teslamate.level_quarters(car, since, until);
end
$$;
comment on function teslamate.levels(integer, timestamp, timestamp)
    is 'Levels and ranges of the window per quarter of an hour (a quarter may come in two rows, which add up): sums of level and usable level in %, of rated and ideal range in km
with the usable levels that belong to them (20 % and above; low_: below), temperature in °C.';

drop function if exists teslamate.projected_range(integer, timestamp, timestamp, text, text);
create function teslamate.projected_range(car integer, since timestamp, until timestamp, zone text, period text default 'day')
returns table (period_key timestamp, range_at_100_km double precision, low_range_at_100_km double precision, level double precision, usable_level double precision,
    outside_temp_c double precision, odometer_km double precision, samples bigint)
stable parallel safe set jit = off set work_mem = '32MB' rows 1000 set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    select teslamate.period_key(bucket, period, zone),
        sum(case when ideal then ideal_km else rated_km end) / nullif(sum(case when ideal then ideal_usable else rated_usable end::double precision), 0) * 100,
        sum(case when ideal then low_ideal_km else low_rated_km end) / nullif(sum(case when ideal then low_ideal_usable else low_rated_usable end::double precision), 0) * 100,
        sum(level_sum::double precision) / nullif(sum(samples), 0), sum(usable_sum::double precision) / nullif(sum(samples), 0),
        sum(temperature_sum) / nullif(sum(temperature_samples), 0), max(odometer_km), sum(samples)
    from teslamate.level_quarters(car, since, until)
    cross join (select teslamate.is_ideal_range() as ideal offset 0) as preference
    group by 1
    order by 1;
end
$$;
comment on function teslamate.projected_range(integer, timestamp, timestamp, text, text)
    is 'M15. Range at 100 % in km per local period: sum of ranges / sum of usable levels x 100 over samples with a usable level of at least 20 %; low_: over those below.';

drop function if exists teslamate.level_classes(integer, timestamp, timestamp);
create function teslamate.level_classes(car integer, since timestamp, until timestamp)
returns table (class integer, seconds double precision, share double precision)
stable parallel safe set jit = off set work_mem = '32MB' rows 1000 set plan_cache_mode = force_custom_plan language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with held as (
        select least(last_level / 10, 9) as class,
            least(teslamate.seconds(coalesce(lead(bucket) over (order by bucket, last_date), until) - bucket), 86400.0 * 7) as seconds
        from teslamate.level_quarters(car, since, until)
        where last_level is not null
    )
    select class * 10, sum(seconds), sum(seconds) / nullif(sum(sum(seconds)) over (), 0)
    from held
    group by class
    order by class;
end
$$;
comment on function teslamate.level_classes(integer, timestamp, timestamp)
    is 'P19. Seconds and share (0 to 1) of time per class of 10 % of the level (the last one with 100 %): a level lasts from its quarter of an hour to the next reading, at most 7 days.';

drop function if exists teslamate.newest_reading(integer);
create function teslamate.newest_reading(car integer)
returns table (date timestamp, level smallint, usable smallint, range_km double precision, rated_km double precision, ideal_km double precision, odometer_km double precision,
    latitude double precision, longitude double precision, outside_temp_c double precision)
stable parallel safe language sql as $$
    select r.date, r.level, r.usable, case when teslamate.is_ideal_range() then r.ideal else r.rated end, r.rated, r.ideal, odometer, lat, lon, r.temperature
    from (
        select date, battery_level, coalesce(usable_battery_level, battery_level), rated_battery_range_km::double precision, ideal_battery_range_km::double precision,
            odometer, latitude::double precision, longitude::double precision, outside_temp::double precision
        from public.positions
        where car_id = car and ideal_battery_range_km is not null
        order by date desc limit 1
    ) as p (position_date, position_level, position_usable, position_rated, position_ideal, odometer, lat, lon, position_temperature)
    full join lateral (
        select c.date, c.battery_level, coalesce(c.usable_battery_level, c.battery_level), c.rated_battery_range_km::double precision, c.ideal_battery_range_km::double precision,
            c.outside_temp::double precision
        from (select id from public.charging_processes where car_id = car order by start_date desc limit 1) as process
        join public.charges as c on c.charging_process_id = process.id
        order by c.date desc limit 1
    ) as c (charge_date, charge_level, charge_usable, charge_rated, charge_ideal, charge_temperature) on true
    cross join lateral (
        select case when charge_date > position_date or position_date is null then charge_date else position_date end,
            case when charge_date > position_date or position_date is null then charge_level else position_level end,
            case when charge_date > position_date or position_date is null then charge_usable else position_usable end,
            case when charge_date > position_date or position_date is null then charge_rated else position_rated end,
            case when charge_date > position_date or position_date is null then charge_ideal else position_ideal end,
            case when charge_date > position_date or position_date is null then charge_temperature else position_temperature end
    ) as r (date, level, usable, rated, ideal, temperature)
$$;
comment on function teslamate.newest_reading(integer) is 'The newest of complete positions and charges of the newest process: level, ranges, place.';
