-- Locks: access exclusive on settings
-- Loses: the unit of pressure

alter table settings drop unit_of_pressure;

drop type unit_of_pressure;
