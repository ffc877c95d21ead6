-- Drives refer to their first and last position and to the geofences around them, charging processes to their geofence; addresses no longer do. The
-- index on positions was replaced by another kind four days later.
-- Scans: positions
-- Locks: access exclusive on addresses, charging_processes, drives, geofences, share row exclusive on positions

alter table drives
    add start_position_id bigint constraint drives_start_position_id_fkey references positions (id),
    add end_position_id bigint constraint drives_end_position_id_fkey references positions (id),
    add start_geofence_id bigint constraint drives_start_geofence_id_fkey references geofences (id),
    add end_geofence_id bigint constraint drives_end_geofence_id_fkey references geofences (id);

alter table charging_processes
    add geofence_id bigint constraint charging_processes_geofence_id_fkey references geofences (id);

alter table addresses drop geofence_id;

-- unless pending: 20191007105010
create index positions_ll_to_earth_latitude__longitude_index on positions (ll_to_earth(latitude, longitude));
