-- Some wall boxes report one phase too many; the user could correct that per geofence.
-- Locks: access exclusive on geofences

alter table geofences add phase_correction int;
