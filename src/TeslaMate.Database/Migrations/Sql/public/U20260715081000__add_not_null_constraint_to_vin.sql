-- Locks: access exclusive on cars

alter table cars alter vin drop not null;

update cars set vin = null where vin = '__legacy_null_vin__:' || id;
