-- The column comes back empty.
-- Locks: access exclusive on geofences

alter table geofences add phase_correction int;
