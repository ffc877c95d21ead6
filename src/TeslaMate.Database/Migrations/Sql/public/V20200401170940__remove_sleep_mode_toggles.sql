-- With streaming, a car falls asleep everywhere. The toggle and both lists are thrown away.
-- Locks: access exclusive on car_settings, cars, geofence_sleep_mode_blacklist, geofence_sleep_mode_whitelist, geofences

alter table car_settings drop sleep_mode_enabled;

drop table geofence_sleep_mode_whitelist;
drop table geofence_sleep_mode_blacklist;
