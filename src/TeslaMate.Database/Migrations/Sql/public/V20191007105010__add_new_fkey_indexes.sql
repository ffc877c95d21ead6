-- Joins and deletions follow the new foreign keys. The indexes on points on the globe could not find a point in a box; GiST can. That of positions
-- is the slowest index of all steps, and 20200502140646 drops it.
-- Scans: addresses, drives, positions
-- Locks: access exclusive on addresses, geofences, positions, share on drives

create index drives_start_position_id_index on drives (start_position_id);
create index drives_end_position_id_index on drives (end_position_id);
create index drives_start_geofence_id_index on drives (start_geofence_id);
create index drives_end_geofence_id_index on drives (end_geofence_id);

drop index if exists positions_ll_to_earth_latitude__longitude_index;
drop index if exists addresses_ll_to_earth_latitude__longitude_index;
drop index if exists geofences__earth_box_ll_to_earth_latitude__longitude___radius_i;

-- unless pending: 20200502140646
create index positions_ll_to_earth_latitude__longitude_index
    on positions using gist (ll_to_earth(latitude, longitude));

create index addresses_ll_to_earth_latitude__longitude_index
    on addresses using gist (ll_to_earth(latitude, longitude));
