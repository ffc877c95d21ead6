-- The columns come back empty.

alter table charging_processes
    add interval_sec int,
    add charge_energy_used_confidence double precision;
