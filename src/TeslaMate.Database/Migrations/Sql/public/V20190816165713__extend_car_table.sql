-- Name, VIN and trim of a car; filled in when the program next sees it.
-- Locks: access exclusive on cars

alter table cars
    add vin text,
    add name text,
    add version text;
