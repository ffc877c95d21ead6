-- Locks: access exclusive on cars, positions, trips
-- Loses: all positions

drop table positions;
