-- The energy used is summed from the charges, over each pair of consecutive ones: current, voltage and phases where the phases are known, otherwise
-- the charger's power. A process without a positive sum has none, whatever it had.
-- Scans: charges, charging_processes
-- Locks: row exclusive on charging_processes

update charging_processes
set charge_energy_used = (
    select sum(charge.kwh) filter (where charge.kwh > 0)
    from (
        select case
                   when charger_phases is null then charger_power
                   else charger_actual_current::double precision * charger_voltage * charger_phases / 1000
               end * date_part('epoch', date - lag(date) over (order by date)) / 3600 as kwh
        from charges
        where charging_process_id = charging_processes.id
    ) as charge
);
