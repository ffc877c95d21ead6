-- Some wall boxes report one phase too many; the user could correct that per geofence.

alter table geofences add phase_correction int;
