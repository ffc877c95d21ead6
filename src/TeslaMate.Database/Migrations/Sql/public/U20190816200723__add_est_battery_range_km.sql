-- Locks: access exclusive on positions
-- Loses: estimated ranges of positions

alter table positions drop est_battery_range_km;
