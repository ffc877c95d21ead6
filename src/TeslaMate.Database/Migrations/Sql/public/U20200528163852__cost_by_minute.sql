-- Locks: access exclusive on geofences
-- Loses: which geofences bill by the minute

alter table geofences rename cost_per_unit to cost_per_kwh;
alter table geofences drop billing_type;

drop type billing_type;
