-- The rated range beside the ideal one; unknown for older positions.
-- Locks: access exclusive on positions

alter table positions add battery_range_km double precision;
