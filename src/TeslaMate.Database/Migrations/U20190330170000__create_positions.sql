-- Loses: all positions

-- Locks: access exclusive on cars, positions, trips
drop table positions;
