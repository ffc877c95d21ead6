-- Locks: access exclusive on charging_processes
-- Loses: the energy used by charging processes (going forward again calculates it anew), with its confidence and interval

alter table charging_processes
    drop interval_sec,
    drop charge_energy_used_confidence,
    drop charge_energy_used;
