-- What charging in a geofence costs regardless of the energy.
-- Locks: access exclusive on geofences

alter table geofences add session_fee numeric(6, 2);
