-- The column comes back empty.

alter table geofences add phase_correction int;
