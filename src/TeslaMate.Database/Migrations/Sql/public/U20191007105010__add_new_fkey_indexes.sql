-- Scans: addresses, positions
-- Locks: access exclusive on addresses, drives, positions, share on geofences

drop index if exists addresses_ll_to_earth_latitude__longitude_index;
drop index if exists positions_ll_to_earth_latitude__longitude_index;

create index geofences__earth_box_ll_to_earth_latitude__longitude___radius_i
    on geofences (earth_box(ll_to_earth(latitude, longitude), radius));
create index addresses_ll_to_earth_latitude__longitude_index on addresses (ll_to_earth(latitude, longitude));

-- unless pending: 20191003130650
create index positions_ll_to_earth_latitude__longitude_index on positions (ll_to_earth(latitude, longitude));

drop index drives_end_geofence_id_index;
drop index drives_start_geofence_id_index;
drop index drives_end_position_id_index;
drop index drives_start_position_id_index;
