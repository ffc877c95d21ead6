-- Every car has a VIN. One that never told its own gets a marker that is nobody's.
-- Locks: access exclusive on cars

update cars set vin = '__legacy_null_vin__:' || id where vin is null;

alter table cars alter vin set not null;
