-- The rated range beside the ideal one; unknown for older positions.

alter table positions add battery_range_km double precision;
