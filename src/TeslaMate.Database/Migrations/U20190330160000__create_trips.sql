-- Loses: all trips

drop table trips;
