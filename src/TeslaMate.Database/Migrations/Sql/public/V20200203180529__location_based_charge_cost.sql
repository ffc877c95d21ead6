-- The price of energy in a geofence, and whether a car charges for free at Tesla's chargers.
-- Locks: access exclusive on car_settings, geofences

alter table geofences add cost_per_kwh numeric(6, 2);
alter table car_settings add free_supercharging boolean not null default false;
