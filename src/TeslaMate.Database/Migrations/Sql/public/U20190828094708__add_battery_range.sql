-- Locks: access exclusive on positions
-- Loses: rated ranges of positions

alter table positions drop battery_range_km;
