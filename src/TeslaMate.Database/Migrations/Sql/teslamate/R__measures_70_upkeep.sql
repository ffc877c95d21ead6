-- What is kept for the measures: filled, mended and made anew by these functions (docs/measures.md). Each is a step of limited size and says how much it did.
drop function if exists teslamate.refresh_drives(integer, integer);
create function teslamate.refresh_drives(car integer, max_rows integer default 1000) returns integer set jit = off set max_parallel_workers_per_gather = 0 language plpgsql as $$
declare
    done integer := 0;
    chosen integer[];
begin
    -- Those of one week are near one another in the log.
    for chosen in
        select array_agg(stale.id)
        from (
            select d.id, d.start_date
            from public.drives as d
            left join teslamate.drive_samples as k on k.drive_id = d.id and k.start_date = d.start_date and k.end_date = d.end_date
                and k.start_position_id is not distinct from d.start_position_id and k.end_position_id is not distinct from d.end_position_id
            left join teslamate.drive_routes as r on r.drive_id = d.id and r.start_date = d.start_date and r.end_date = d.end_date
            where d.car_id = car and d.end_date is not null and (k.drive_id is null or r.drive_id is null)
            order by d.start_date desc
            limit max_rows
        ) as stale
        group by case when isfinite(stale.start_date) then date_trunc('week', stale.start_date) end
        order by max(stale.start_date) desc
    loop
        insert into teslamate.drive_samples
        select d.id, d.car_id, d.start_date, d.end_date, d.start_position_id, d.end_position_id,
            s.battery_level, s.usable_battery_level, s.latitude, s.longitude, e.battery_level, e.usable_battery_level, e.latitude, e.longitude,
            f.complete_samples, f.reduced_samples, f.powered_s, f.recovered_kwh, f.moving_s, f.speed_km, f.speed_mi, f.pressure_samples,
            f.pressure_fl, f.pressure_fr, f.pressure_rl, f.pressure_rr
        from teslamate.samples_of_drives(chosen) as f
        join public.drives as d on d.id = f.drive_id
        left join public.positions as s on s.id = d.start_position_id
        left join public.positions as e on e.id = d.end_position_id
        on conflict (drive_id) do update set (car_id, start_date, end_date, start_position_id, end_position_id, start_level, start_usable, start_latitude, start_longitude,
            end_level, end_usable, end_latitude, end_longitude, complete_samples, reduced_samples, powered_s, recovered_kwh, moving_s, speed_km, speed_mi, pressure_samples,
            pressure_fl, pressure_fr, pressure_rl, pressure_rr)
            = (excluded.car_id, excluded.start_date, excluded.end_date, excluded.start_position_id, excluded.end_position_id, excluded.start_level, excluded.start_usable,
            excluded.start_latitude, excluded.start_longitude, excluded.end_level, excluded.end_usable, excluded.end_latitude, excluded.end_longitude, excluded.complete_samples,
            excluded.reduced_samples, excluded.powered_s, excluded.recovered_kwh, excluded.moving_s, excluded.speed_km, excluded.speed_mi, excluded.pressure_samples,
            excluded.pressure_fl, excluded.pressure_fr, excluded.pressure_rl, excluded.pressure_rr);
        insert into teslamate.drive_routes
        select d.id, d.car_id, d.start_date, d.end_date, f.latitudes, f.longitudes, f.parts
        from teslamate.routes_of_drives(chosen) as f
        join public.drives as d on d.id = f.drive_id
        on conflict (drive_id) do update set (car_id, start_date, end_date, latitudes, longitudes, parts)
            = (excluded.car_id, excluded.start_date, excluded.end_date, excluded.latitudes, excluded.longitudes, excluded.parts);
        done := done + cardinality(chosen);
    end loop;
    return done;
end
$$;
comment on function teslamate.refresh_drives(integer, integer) is 'Keeps samples and routes of closed drives of which nothing is kept or that were changed since, the newest first; returns how many.';

drop function if exists teslamate.refresh_charges(integer, integer);
create function teslamate.refresh_charges(car integer, max_rows integer default 1000) returns integer set jit = off set max_parallel_workers_per_gather = 0 language plpgsql as $$
declare
    done integer;
begin
    with stale as materialized (
        select p.*
        from public.charging_processes as p
        left join teslamate.charge_samples as k on k.charging_process_id = p.id and k.start_date = p.start_date and k.end_date = p.end_date
            and k.position_id = p.position_id
        where p.car_id = car and p.end_date is not null and k.charging_process_id is null
        order by p.start_date desc
        limit max_rows
    ), samples as (
        insert into teslamate.charge_samples
        select p.id, p.car_id, p.start_date, p.end_date, f.*, place.id, place.odometer, place.latitude, place.longitude
        from stale as p
        cross join lateral teslamate.charge_sample(p.id) as f
        join public.positions as place on place.id = p.position_id
        on conflict (charging_process_id) do update set (car_id, start_date, end_date, samples, kind, charger_brand, power_max, first_usable, last_usable, last_rated_km, curve_levels,
            curve_kw, curve_minutes, curve_minute_kw, level_reached, level_reached_s, power_mean, current_mean, voltage_mean, added_max, is_heated,
            level_mean, position_id, odometer_km, latitude, longitude)
            = (excluded.car_id, excluded.start_date, excluded.end_date, excluded.samples, excluded.kind, excluded.charger_brand, excluded.power_max, excluded.first_usable,
            excluded.last_usable, excluded.last_rated_km, excluded.curve_levels, excluded.curve_kw, excluded.curve_minutes, excluded.curve_minute_kw, excluded.level_reached,
            excluded.level_reached_s, excluded.power_mean, excluded.current_mean, excluded.voltage_mean, excluded.added_max, excluded.is_heated,
            excluded.level_mean, excluded.position_id, excluded.odometer_km, excluded.latitude, excluded.longitude)
    )
    select count(*) into done from stale;
    return done;
end
$$;
comment on function teslamate.refresh_charges(integer, integer) is 'Keeps what rows say of closed charging processes of which nothing is kept or that were changed since; returns how many.';

drop function if exists teslamate.refresh_parked(integer, timestamp, integer);
create function teslamate.refresh_parked(car integer, since timestamp, max_rows integer default 1000) returns integer set jit = off set max_parallel_workers_per_gather = 0 language plpgsql as $$
declare
    done integer;
begin
    with stale as materialized (
        select distinct on (p.start_date) p.start_date, p.end_date
        from teslamate.pauses(car, since, null, timestamp 'infinity') as p
        left join teslamate.parked_samples as k on k.car_id = car and k.start_date = p.start_date and k.end_date = p.end_date
        where k.car_id is null and not p.is_current
        order by p.start_date desc, p.end_date desc
        limit max_rows
    ), samples as (
        insert into teslamate.parked_samples
        select car, s.start_date, s.end_date, n.samples, n.climate
        from stale as s
        cross join lateral (
            select count(*) as samples, count(*) filter (where p.is_climate_on) as climate
            from public.positions as p
            where p.car_id = car and p.ideal_battery_range_km is not null and p.date > s.start_date and p.date < s.end_date
        ) as n
        on conflict (car_id, start_date) do update set (end_date, samples, climate_samples) = (excluded.end_date, excluded.samples, excluded.climate_samples)
    )
    select count(*) into done from stale;
    return done;
end
$$;
comment on function teslamate.refresh_parked(integer, timestamp, integer) is 'Keeps the samples of ended pauses since a moment (null: all) of which nothing is kept; returns how many.';

drop function if exists teslamate.refresh_levels(integer, integer);
create function teslamate.refresh_levels(car integer, max_rows integer default 200000) returns integer set jit = off set max_parallel_workers_per_gather = 0 language plpgsql as $$
declare
    known teslamate.level_progress;
    position_id integer;
    charge_id integer;
begin
    insert into teslamate.level_progress (car_id, last_position_id, last_charge_id) values (car, 0, 0) on conflict (car_id) do nothing;
    select * into known from teslamate.level_progress where car_id = car for update;
    select max(id) into position_id from (select id from public.positions where id > known.last_position_id order by id limit max_rows) as step;
    select max(id) into charge_id from (select id from public.charges where id > known.last_charge_id order by id limit max_rows) as step;
    if position_id is null and charge_id is null then
        return 0;
    end if;
    insert into teslamate.level_samples as k
    select *
    from teslamate.level_buckets(car, timestamp '-infinity', timestamp 'infinity', true, known.last_position_id, coalesce(position_id, known.last_position_id),
        known.last_charge_id, coalesce(charge_id, known.last_charge_id))
    on conflict (car_id, bucket) do update set
        samples = k.samples + excluded.samples, level_sum = k.level_sum + excluded.level_sum, usable_sum = k.usable_sum + excluded.usable_sum,
        level_min = least(k.level_min, excluded.level_min), level_max = greatest(k.level_max, excluded.level_max),
        last_level = case when excluded.last_date >= k.last_date then coalesce(excluded.last_level, k.last_level) else coalesce(k.last_level, excluded.last_level) end,
        last_date = greatest(k.last_date, excluded.last_date),
        rated_km = k.rated_km + excluded.rated_km, rated_usable = k.rated_usable + excluded.rated_usable,
        ideal_km = k.ideal_km + excluded.ideal_km, ideal_usable = k.ideal_usable + excluded.ideal_usable,
        low_rated_km = k.low_rated_km + excluded.low_rated_km, low_rated_usable = k.low_rated_usable + excluded.low_rated_usable,
        low_ideal_km = k.low_ideal_km + excluded.low_ideal_km, low_ideal_usable = k.low_ideal_usable + excluded.low_ideal_usable,
        temperature_sum = k.temperature_sum + excluded.temperature_sum, temperature_samples = k.temperature_samples + excluded.temperature_samples,
        odometer_km = greatest(k.odometer_km, excluded.odometer_km);
    update teslamate.level_progress
    set last_position_id = coalesce(position_id, known.last_position_id), last_charge_id = coalesce(charge_id, known.last_charge_id)
    where car_id = car;
    return (coalesce(position_id, known.last_position_id) - known.last_position_id) + (coalesce(charge_id, known.last_charge_id) - known.last_charge_id);
end
$$;
comment on function teslamate.refresh_levels(integer, integer)
    is 'Adds positions and charges with higher ids than before to the quarters of an hour, max_rows of each at most; returns 0 when there are none.';

drop function if exists teslamate.forget_window(integer, timestamp, timestamp);
create function teslamate.forget_window(car integer, since timestamp, until timestamp) returns void language plpgsql as $$
declare
    known teslamate.level_progress;
    first_bucket timestamp := date_bin(interval '15 minutes', since, timestamp '2000-01-01');
    last_bucket timestamp := date_bin(interval '15 minutes', until, timestamp '2000-01-01');
begin
    -- A drive or charging process that the change made longer, shorter or undid may be kept with its former ends.
    delete from teslamate.drive_samples where car_id = car and start_date <= until and end_date >= since;
    delete from teslamate.drive_routes where car_id = car and start_date <= until and end_date >= since;
    delete from teslamate.charge_samples where car_id = car and start_date <= until and end_date >= since;
    delete from teslamate.parked_samples where car_id = car and start_date <= until and end_date >= since;
    -- Quarters of an hour are sums that cannot be told apart again. They are made anew of what they were made of: rows with higher ids are added later.
    select * into known from teslamate.level_progress where car_id = car for update;
    if found then
        delete from teslamate.level_samples where car_id = car and bucket between first_bucket and last_bucket;
        insert into teslamate.level_samples
        select *
        from teslamate.level_buckets(car, first_bucket, last_bucket + interval '15 minutes', last_position => known.last_position_id,
            last_charge => known.last_charge_id);
    end if;
end
$$;
comment on function teslamate.forget_window(integer, timestamp, timestamp)
    is 'After rows of a car between two moments were changed or deleted: forgets what is kept of its drives, charges and pauses there, and adds up its levels anew.';

drop function if exists teslamate.forget_statistics(integer);
create function teslamate.forget_statistics(car integer) returns void language sql as $$
    delete from teslamate.drive_samples where car_id = car;
    delete from teslamate.drive_routes where car_id = car;
    delete from teslamate.charge_samples where car_id = car;
    delete from teslamate.parked_samples where car_id = car;
    delete from teslamate.level_samples where car_id = car;
    delete from teslamate.level_progress where car_id = car;
$$;
comment on function teslamate.forget_statistics(integer) is 'Forgets all that is kept for the measures of a car, to be made anew; functions compute the newest meanwhile, and leave out the rest (teslamate.left_out).';

drop function if exists teslamate.forget_deleted();
create function teslamate.forget_deleted() returns void language sql as $$
    delete from teslamate.drive_samples as k where not exists (select from public.drives as d where d.id = k.drive_id);
    delete from teslamate.drive_routes as k where not exists (select from public.drives as d where d.id = k.drive_id);
    delete from teslamate.charge_samples as k where not exists (select from public.charging_processes as p where p.id = k.charging_process_id);
    delete from teslamate.parked_samples as k where not exists (select from public.cars as c where c.id = k.car_id);
    delete from teslamate.level_samples as k where not exists (select from public.cars as c where c.id = k.car_id);
    delete from teslamate.level_progress as k where not exists (select from public.cars as c where c.id = k.car_id);
$$;
comment on function teslamate.forget_deleted() is 'Forgets what is kept of drives, charging processes and cars that are gone.';
