-- Locks: access exclusive on geofences
-- Loses: the session fees of geofences

alter table geofences drop session_fee;
