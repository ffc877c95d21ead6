-- Loses: all geofences

drop table geofences;
