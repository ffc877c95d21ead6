-- Whether a car has a battery that is to be charged fully.

alter table car_settings add lfp_battery boolean not null default false;
