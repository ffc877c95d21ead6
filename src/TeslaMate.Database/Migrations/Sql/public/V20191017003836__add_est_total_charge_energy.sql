-- The energy taken from the grid, beside that added to the battery.
-- Locks: access exclusive on charging_processes

alter table charging_processes
    add charge_energy_used double precision,
    add charge_energy_used_confidence double precision,
    add interval_sec int;
