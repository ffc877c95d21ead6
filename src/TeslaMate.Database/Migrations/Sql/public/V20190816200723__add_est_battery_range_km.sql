-- The range as the car itself estimates it; unknown for older positions.
-- Locks: access exclusive on positions

alter table positions add est_battery_range_km double precision;
