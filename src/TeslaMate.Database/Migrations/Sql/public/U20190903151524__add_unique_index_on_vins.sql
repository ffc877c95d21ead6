-- Locks: access exclusive on cars

drop index cars_vin_index;
