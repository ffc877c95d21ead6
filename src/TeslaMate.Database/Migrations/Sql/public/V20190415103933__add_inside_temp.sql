-- The temperature in the car; unknown for what was recorded before.
-- Locks: access exclusive on positions, trips

alter table positions add inside_temp double precision;
alter table trips add inside_temp_avg double precision;
