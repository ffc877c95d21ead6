-- Locks: access exclusive on cars, trips
-- Loses: all trips

drop table trips;
