-- A cold battery gives less than it holds; unknown for older positions.
-- Locks: access exclusive on positions

alter table positions add usable_battery_level int;
