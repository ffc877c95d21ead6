-- Loses: all geofences
-- Locks: access exclusive on addresses, geofences

drop table geofences;
