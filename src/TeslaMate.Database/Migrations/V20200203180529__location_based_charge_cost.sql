-- The price of energy in a geofence, and whether a car charges for free at Tesla's chargers.

alter table geofences add cost_per_kwh numeric(6, 2);
alter table car_settings add free_supercharging boolean not null default false;
