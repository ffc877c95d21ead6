-- Loses: all trips
-- Locks: access exclusive on cars, trips

drop table trips;
