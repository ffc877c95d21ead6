-- The same for charges.
-- Locks: access exclusive on charges

alter table charges add usable_battery_level int;
