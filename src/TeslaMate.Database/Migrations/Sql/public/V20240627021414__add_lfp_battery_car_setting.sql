-- Whether a car has a battery that is to be charged fully.
-- Locks: access exclusive on car_settings

alter table car_settings add lfp_battery boolean not null default false;
