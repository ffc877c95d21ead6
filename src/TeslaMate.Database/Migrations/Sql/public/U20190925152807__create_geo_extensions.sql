-- The extensions go unless others built on them or brought them.
-- Locks: access exclusive on geofences

drop index geofences__earth_box_ll_to_earth_latitude__longitude___radius_i;

do $$
begin
    drop extension earthdistance;
    drop extension cube;
exception when insufficient_privilege or dependent_objects_still_exist then
    raise notice 'cube and earthdistance stay: %', sqlerrm;
end
$$;
