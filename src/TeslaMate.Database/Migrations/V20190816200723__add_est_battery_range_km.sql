-- The range as the car itself estimates it; unknown for older positions.

alter table positions add est_battery_range_km double precision;
