-- Efficiencies were stored upside down. A zero among them stops the step: nobody can say what it stood for.
-- Scans: trips
-- Locks: row exclusive on trips

update trips set efficiency = 1 / efficiency where efficiency is not null;
