-- Loses: the phase correction of geofences

alter table geofences drop phase_correction;
