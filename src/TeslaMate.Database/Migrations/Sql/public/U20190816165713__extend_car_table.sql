-- Locks: access exclusive on cars
-- Loses: VIN, name and trim of the cars

alter table cars
    drop version,
    drop name,
    drop vin;
