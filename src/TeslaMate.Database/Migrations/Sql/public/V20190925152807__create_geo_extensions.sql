-- Finding the geofence around a position needs points on the globe. Both extensions may exist already. Their functions name each other unqualified and
-- must find each other while an index is built; a role that does not own them leaves them as they are.
-- Locks: share on geofences

create extension if not exists cube with schema public;
create extension if not exists earthdistance with schema public;

do $$
begin
    alter function ll_to_earth set search_path = public;
    alter function earth_box set search_path = public;
exception when insufficient_privilege then
    raise notice 'The functions of earthdistance stay as they are: %', sqlerrm;
end
$$;

create index geofences__earth_box_ll_to_earth_latitude__longitude___radius_i
    on geofences (earth_box(ll_to_earth(latitude, longitude), radius));
