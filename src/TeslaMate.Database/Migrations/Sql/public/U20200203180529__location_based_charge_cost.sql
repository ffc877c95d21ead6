-- Locks: access exclusive on car_settings, geofences
-- Loses: the prices of geofences and the free supercharging of cars

alter table car_settings drop free_supercharging;
alter table geofences drop cost_per_kwh;
