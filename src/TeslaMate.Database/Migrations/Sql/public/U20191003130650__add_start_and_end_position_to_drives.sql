-- The addresses' links to geofences come back empty.
-- Scans: addresses
-- Locks: access exclusive on addresses, charging_processes, drives, geofences, positions
-- Loses: the links from drives to positions and geofences, and from charging processes to geofences (going forward again finds them anew)

drop index if exists positions_ll_to_earth_latitude__longitude_index;

alter table addresses add geofence_id bigint constraint addresses_geofence_id_fkey references geofences (id);

create index addresses_geofence_id_index on addresses (geofence_id);

alter table charging_processes drop geofence_id;

alter table drives
    drop end_geofence_id,
    drop start_geofence_id,
    drop end_position_id,
    drop start_position_id;
