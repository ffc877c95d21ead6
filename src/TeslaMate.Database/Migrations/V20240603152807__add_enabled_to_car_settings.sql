-- Whether a car is logged at all.

alter table car_settings add enabled boolean not null default true;
