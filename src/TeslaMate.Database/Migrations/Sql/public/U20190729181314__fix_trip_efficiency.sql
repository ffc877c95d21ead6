-- Upside down again, exactly so but for the last bit.
-- Scans: trips
-- Locks: row exclusive on trips

update trips set efficiency = 1 / efficiency where efficiency is not null;
