-- Measures 1 of 6: calendar and places (docs/measures.md). Times are UTC without zone, as in all columns; `zone` is an IANA name.
-- Rows whose dates somebody set to infinity, or to before there were cars, are left out everywhere: no period holds them, and no duration can be told.
drop function if exists teslamate.seconds(interval);
create function teslamate.seconds(span interval) returns double precision immutable parallel safe language sql as $$
    -- extract() makes a numeric of it first, which takes three times as long.
    select date_part('epoch', span)
$$;
comment on function teslamate.seconds(interval) is 'The seconds of the difference of two moments.';

drop function if exists teslamate.local_time(timestamp, text);
create function teslamate.local_time(utc timestamp, zone text) returns timestamp immutable parallel safe language sql as $$
    select (utc at time zone 'UTC') at time zone zone
$$;
comment on function teslamate.local_time(timestamp, text) is 'M2. The local time of an instant.';

drop function if exists teslamate.utc_time(timestamp, text);
create function teslamate.utc_time(local_time timestamp, zone text) returns timestamp immutable parallel safe language sql as $$
    -- One expression, so that it is taken into the statements that call it.
    select case
        when ((((local_time at time zone zone) at time zone 'UTC' - interval '1 hour') at time zone 'UTC') at time zone zone) >= local_time
            then (local_time at time zone zone) at time zone 'UTC' - interval '1 hour'
        else (local_time at time zone zone) at time zone 'UTC'
    end
$$;
comment on function teslamate.utc_time(timestamp, text) is 'M2. The first instant of a local time: one that comes twice is the earlier, one that is left out the next there is.';

drop function if exists teslamate.period_key(timestamp, text, text);
create function teslamate.period_key(utc timestamp, period text, zone text) returns timestamp immutable parallel safe language sql as $$
    select case when period = 'total' then timestamp '-infinity' else date_trunc(period, (utc at time zone 'UTC') at time zone zone) end
$$;
comment on function teslamate.period_key(timestamp, text, text)
    is 'M2. The local begin of the day, (ISO) week, month, quarter or year of an instant; -infinity for the period total.';

drop function if exists teslamate.periods(timestamp, timestamp, text, text);
create function teslamate.periods(since timestamp, until timestamp, period text, zone text)
returns table (period_key timestamp, period_from timestamp, period_to timestamp, label text, period_s double precision)
stable parallel safe language sql as $$
    select key, starts, ends,
        case period
            when 'day' then to_char(key, 'YYYY-MM-DD')
            when 'week' then to_char(key, 'IYYY-"W"IW')
            when 'month' then to_char(key, 'YYYY-MM')
            when 'quarter' then to_char(key, 'YYYY-"Q"Q')
            when 'year' then to_char(key, 'YYYY')
            else period
        end,
        teslamate.seconds(ends - starts)
    from (
        select key, teslamate.utc_time(key, zone) as starts,
            teslamate.utc_time(key + case period when 'day' then interval '1 day' when 'week' then interval '7 days' when 'month' then interval '1 month'
                when 'quarter' then interval '3 months' else interval '1 year' end, zone) as ends
        from generate_series(
            date_trunc(case period when 'total' then 'day' else period end, teslamate.local_time(since, zone)),
            teslamate.local_time(until, zone) + interval '1 hour',
            case period when 'day' then interval '1 day' when 'week' then interval '7 days' when 'month' then interval '1 month'
                when 'quarter' then interval '3 months' else interval '1 year' end) as key
        where period <> 'total'
        union all
        select timestamp '-infinity', since, until where period = 'total'
    ) as calendar
    where starts < until and ends > since and ends > starts
    order by key
$$;
comment on function teslamate.periods(timestamp, timestamp, text, text)
    is 'M2. Every local period that the window [since, until) touches, empty ones too; period is day, week (ISO), month, quarter, year or total. A day has 23, 24 or 25 h.';

drop function if exists teslamate.sums(boolean, text);
create function teslamate.sums(with_total boolean, period text) returns table (sum_period text) immutable parallel safe rows 1 language sql as $$
    select period union all select 'total' where with_total and period <> 'total'
$$;
comment on function teslamate.sums(boolean, text)
    is 'The periods to sum by: period and, with_total, the period total too. Joined to rows, each counts in both.';

-- Both are taken into the statements that call them: they cost nothing, and an index serves what they say.
drop function if exists teslamate.is_within(timestamp, timestamp, timestamp);
create function teslamate.is_within(moment timestamp, since timestamp, until timestamp) returns boolean immutable parallel safe language sql as $$
    select moment >= coalesce(since, timestamp '1900-01-01') and moment < coalesce(until, timestamp 'infinity')
$$;
comment on function teslamate.is_within(timestamp, timestamp, timestamp)
    is 'Whether the window [since, until) holds a moment (null: no limit); never one before there were cars, nor an infinite one.';

drop function if exists teslamate.is_time(timestamp);
create function teslamate.is_time(moment timestamp) returns boolean immutable parallel safe language sql as $$
    -- Written so that the planner knows how many rows it keeps: nearly all.
    select moment is null or (moment >= timestamp '1900-01-01' and moment <= timestamp '9999-01-01')
$$;
comment on function teslamate.is_time(timestamp) is 'Whether an end can be told: not infinite and not before there were cars. Null, what goes on, can.';

drop function if exists teslamate.place_label(text, text, text, text, text);
-- Stable as concat_ws is: only so is it taken into the statements that call it, for each row of long lists.
create function teslamate.place_label(geofence text, name text, road text, house_number text, city text)
returns text stable parallel safe language sql as $$
    -- Geocoders leave out what they do not know, or send it empty.
    select coalesce(nullif(geofence, ''), nullif(concat_ws(', ',
        coalesce(nullif(name, ''), nullif(concat_ws(' ', nullif(road, ''), nullif(house_number, '')), '')), nullif(city, '')), ''))
$$;
comment on function teslamate.place_label(text, text, text, text, text)
    is 'The geofence, else the name or road and number of the address with the city; null when nothing is known.';

drop function if exists teslamate.distance_m(double precision, double precision, double precision, double precision);
create function teslamate.distance_m(
    latitude double precision, longitude double precision, other_latitude double precision, other_longitude double precision)
returns double precision immutable parallel safe language sql as $$
    select 2 * 6378168 * asin(sqrt(least(1, sind((latitude - other_latitude) / 2) ^ 2
        + cosd(latitude) * cosd(other_latitude) * sind((longitude - other_longitude) / 2) ^ 2)))
$$;
comment on function teslamate.distance_m(double precision, double precision, double precision, double precision)
    is 'Metres between two places in degrees, on the sphere of the extension earthdistance, whose own functions look for one another in schema public.';

drop function if exists teslamate.is_ideal_range();
create function teslamate.is_ideal_range() returns boolean stable parallel safe language sql as $$
    select coalesce((select preferred_range = 'ideal' from public.settings order by id limit 1), false)
$$;
comment on function teslamate.is_ideal_range() is 'Whether ranges are ideal ones, as the owner prefers; else rated.';

-- The edge: from the units of the log to those of the owner, by the factors that the pages have, so that no mile differs. Null stays null.
drop function if exists teslamate.to_length(double precision, text);
create function teslamate.to_length(km double precision, unit text) returns double precision immutable parallel safe language sql as $$
    select case unit when 'mi' then km * 0.62137119223733 when 'km' then km end
$$;
comment on function teslamate.to_length(double precision, text) is 'km or km/h in the unit km or mi.';

drop function if exists teslamate.to_temperature(double precision, text);
create function teslamate.to_temperature(celsius double precision, unit text) returns double precision immutable parallel safe language sql as $$
    select case unit when 'F' then celsius * 9 / 5 + 32 when 'C' then celsius end
$$;
comment on function teslamate.to_temperature(double precision, text) is '°C in the unit C or F.';

drop function if exists teslamate.to_pressure(double precision, text);
create function teslamate.to_pressure(bar double precision, unit text) returns double precision immutable parallel safe language sql as $$
    select case unit when 'psi' then bar * 14.503773773 when 'bar' then bar end
$$;
comment on function teslamate.to_pressure(double precision, text) is 'bar in the unit bar or psi.';

drop function if exists teslamate.to_consumption(double precision, text);
create function teslamate.to_consumption(wh_per_km double precision, unit text) returns double precision immutable parallel safe language sql as $$
    select case unit when 'mi' then wh_per_km / 0.62137119223733 when 'km' then wh_per_km end
$$;
comment on function teslamate.to_consumption(double precision, text) is 'Wh/km per km or mi.';

drop function if exists teslamate.car_labels();
create function teslamate.car_labels() returns table (car_id smallint, label text) stable parallel safe language sql as $$
    select id, case
            when coalesce(name, '') = '' then 'VIN ' || vin
            when count(*) over (partition by name) > 1 then name || ' - ' || right(vin, 6)
            else name
        end
    from public.cars
    order by display_priority, name, vin
$$;
comment on function teslamate.car_labels() is 'Every car, hidden ones too, with a label that tells it from the others.';
