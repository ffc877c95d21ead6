-- Locks: access exclusive on geofences

drop index geofences__earth_box_ll_to_earth_latitude__longitude___radius_i;

drop extension earthdistance;
drop extension cube;
