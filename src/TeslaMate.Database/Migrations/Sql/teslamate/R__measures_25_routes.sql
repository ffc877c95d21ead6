-- The line of a drive on a map (docs/measures.md; M20).
drop function if exists teslamate.route_line(double precision[], double precision[], double precision[]);
create function teslamate.route_line(lats double precision[], lons double precision[], seconds double precision[])
returns table (latitudes double precision[], longitudes double precision[], parts smallint[])
immutable parallel safe rows 1 language plpgsql as $$
declare
    tolerance double precision := 8;
    n integer; i integer; last integer; part integer;
    kept_lat double precision[]; kept_lon double precision[]; kept_part smallint[];
    dx double precision; dy double precision; distance double precision; angle double precision; half double precision;
    low double precision; high double precision; farthest double precision; scale double precision; turn double precision; reference double precision;
begin
    n := coalesce(array_length(lats, 1), 0);
    loop
        kept_lat := '{}'; kept_lon := '{}'; kept_part := '{}';
        part := 0;
        i := 1;
        while i <= n loop
            -- A point that is kept; from here a cone narrows with every point that may be left out.
            if i > 1 then
                dy := (lats[i] - lats[i - 1]) * 111195;
                dx := (lons[i] - lons[i - 1]) * 111195 * cos(radians(lats[i]));
                if abs(lons[i] - lons[i - 1]) > 180 or (seconds[i] - seconds[i - 1] > 60 and dx * dx + dy * dy > 1e6) then
                    part := part + 1;
                end if;
            end if;
            kept_lat := kept_lat || lats[i]; kept_lon := kept_lon || lons[i]; kept_part := kept_part || part::smallint;
            last := i;
            scale := 111195 * cos(radians(lats[i]));
            farthest := 0;
            reference := null;
            loop
                i := i + 1;
                exit when i > n;
                dy := (lats[i] - lats[i - 1]) * 111195;
                dx := (lons[i] - lons[i - 1]) * scale;
                -- Both sides of a gap, and of the antimeridian, are kept.
                if abs(lons[i] - lons[i - 1]) > 180 or (seconds[i] - seconds[i - 1] > 60 and dx * dx + dy * dy > 1e6) then
                    if i - 1 > last then
                        i := i - 1;
                    end if;
                    exit;
                end if;
                dy := (lats[i] - lats[last]) * 111195;
                dx := (lons[i] - lons[last]) * scale;
                distance := sqrt(dx * dx + dy * dy);
                -- Turned back: the point before is a corner.
                if distance < farthest - tolerance then
                    i := i - 1;
                    exit;
                end if;
                if distance > tolerance then
                    angle := atan2(dy, dx);
                    half := asin(tolerance / distance);
                    if reference is null then
                        reference := angle; low := -half; high := half;
                    else
                        turn := angle - reference;
                        turn := turn - 2 * pi() * round((turn / (2 * pi()))::numeric)::double precision;
                        if turn < low or turn > high then
                            i := i - 1;
                            exit;
                        end if;
                        low := greatest(low, turn - half); high := least(high, turn + half);
                    end if;
                end if;
                farthest := greatest(farthest, distance);
            end loop;
            if i > n and last < n then
                i := n;
            end if;
        end loop;
        exit when coalesce(array_length(kept_lat, 1), 0) <= 5000;
        tolerance := tolerance * 2;
    end loop;
    latitudes := kept_lat; longitudes := kept_lon; parts := kept_part;
    return next;
end
$$;
comment on function teslamate.route_line(double precision[], double precision[], double precision[])
    is 'M20. The line through places in degrees at moments in seconds, within 10 m, of at most 5,000 points: parts count up where two points are more
than 60 s and 1 km apart, and at the antimeridian.';

drop function if exists teslamate.routes_of_drives(integer[]);
create function teslamate.routes_of_drives(drives integer[])
returns table (drive_id integer, latitudes double precision[], longitudes double precision[], parts smallint[])
stable parallel safe set jit = off set work_mem = '32MB' rows 100 language sql as $$
    with chosen as materialized (
        select n.id, d.start_date, coalesce(d.end_date, timestamp 'infinity') as end_date
        from unnest(drives) as n (id) left join public.drives as d on d.id = n.id
    ), points as materialized (
        select p.drive_id, array_agg(p.latitude::double precision order by p.date, p.id) as lats,
            array_agg(p.longitude::double precision order by p.date, p.id) as lons,
            array_agg(extract(epoch from p.date)::double precision order by p.date, p.id) as seconds
        from (
            -- As for samples.
            select id, n.drive_id, date, latitude, longitude
            from public.positions as n
            where n.drive_id >= (select min(d.id) from chosen as d) and n.drive_id <= (select max(d.id) from chosen as d)
                and n.date >= (select min(start_date) from chosen) and n.date <= (select max(end_date) from chosen)
            offset 0
        ) as p
        join chosen as d on d.id = p.drive_id and p.date >= d.start_date and p.date <= d.end_date
        group by p.drive_id
    )
    select d.id, line.latitudes, line.longitudes, line.parts
    from chosen as d
    left join points as p on p.drive_id = d.id
    cross join lateral teslamate.route_line(p.lats, p.lons, p.seconds) as line
$$;
comment on function teslamate.routes_of_drives(integer[])
    is 'M20. teslamate.route_line of the positions of each drive; meant for drives near one another, as teslamate.samples_of_drives.';

drop function if exists teslamate.drive_route(integer);
create function teslamate.drive_route(drive integer)
returns table (latitudes double precision[], longitudes double precision[], parts smallint[])
stable parallel safe rows 1 language sql as $$
    select latitudes, longitudes, parts from teslamate.routes_of_drives(array[drive])
$$;
comment on function teslamate.drive_route(integer) is 'M20. teslamate.routes_of_drives of one drive.';
