-- Loses: all cars

drop table cars;
