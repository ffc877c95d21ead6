-- Locks: access exclusive on geofences
-- Loses: the phase correction of geofences

alter table geofences drop phase_correction;
