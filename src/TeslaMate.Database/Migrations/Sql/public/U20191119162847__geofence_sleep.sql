-- Locks: access exclusive on car_settings, cars, geofence_sleep_mode_blacklist, geofence_sleep_mode_whitelist, geofences
-- Loses: the sleep mode of cars and both lists of geofences

drop table geofence_sleep_mode_blacklist;
drop table geofence_sleep_mode_whitelist;

alter table car_settings drop sleep_mode_enabled;
