-- Locks: access exclusive on positions, trips
-- Loses: inside temperatures of positions and trips

alter table trips drop inside_temp_avg;
alter table positions drop inside_temp;
