-- Some chargers bill by the minute.
-- Locks: access exclusive on geofences

create type billing_type as enum ('per_kwh', 'per_minute');

alter table geofences add billing_type billing_type not null default 'per_kwh';
alter table geofences rename cost_per_kwh to cost_per_unit;
