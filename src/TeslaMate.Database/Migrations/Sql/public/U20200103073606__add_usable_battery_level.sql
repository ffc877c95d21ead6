-- Locks: access exclusive on positions
-- Loses: usable battery levels of positions

alter table positions drop usable_battery_level;
