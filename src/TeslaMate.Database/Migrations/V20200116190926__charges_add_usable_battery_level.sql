-- The same for charges.

alter table charges add usable_battery_level int;
