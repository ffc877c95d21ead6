-- Locks: access exclusive on cars
-- Loses: all cars

drop table cars;
