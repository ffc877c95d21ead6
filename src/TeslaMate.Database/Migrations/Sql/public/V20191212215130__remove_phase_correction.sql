-- The number of phases is found from the charges in the next step. Corrections by hand are thrown away.
-- Locks: access exclusive on geofences

alter table geofences drop phase_correction;
