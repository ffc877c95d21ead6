-- The columns come back empty.
-- Locks: access exclusive on charging_processes

alter table charging_processes
    add interval_sec int,
    add charge_energy_used_confidence double precision;
