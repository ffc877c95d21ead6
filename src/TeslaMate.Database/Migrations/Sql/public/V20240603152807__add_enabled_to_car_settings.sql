-- Whether a car is logged at all.
-- Locks: access exclusive on car_settings

alter table car_settings add enabled boolean not null default true;
