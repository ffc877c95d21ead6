-- How sure the energy used is was never shown.
-- Locks: access exclusive on charging_processes

alter table charging_processes
    drop charge_energy_used_confidence,
    drop interval_sec;
