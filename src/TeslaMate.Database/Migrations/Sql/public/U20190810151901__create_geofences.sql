-- Locks: access exclusive on addresses, geofences
-- Loses: all geofences

drop table geofences;
