-- Locks: access exclusive on charges
-- Loses: usable battery levels of charges

alter table charges drop usable_battery_level;
