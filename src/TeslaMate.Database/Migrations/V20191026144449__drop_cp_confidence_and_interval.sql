-- How sure the energy used is was never shown.

alter table charging_processes
    drop charge_energy_used_confidence,
    drop interval_sec;
