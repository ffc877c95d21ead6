-- Locks: access exclusive on cars
-- Loses: marketing names of the cars

alter table cars drop marketing_name;
