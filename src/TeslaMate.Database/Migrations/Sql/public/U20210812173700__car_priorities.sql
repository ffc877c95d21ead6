-- Locks: access exclusive on cars
-- Loses: the order in which cars are listed

alter table cars drop display_priority;
