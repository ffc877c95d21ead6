-- A car is known by its VIN. Two rows with the same VIN stop the step; rows without are fine.
-- Locks: share on cars

create unique index cars_vin_index on cars (vin);
