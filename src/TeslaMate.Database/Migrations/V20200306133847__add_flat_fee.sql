-- What charging in a geofence costs regardless of the energy.

alter table geofences add session_fee numeric(6, 2);
