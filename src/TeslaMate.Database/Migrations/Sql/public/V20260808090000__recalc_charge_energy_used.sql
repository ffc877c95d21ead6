-- The energy used is summed anew from the charges, where current, voltage and phases are known by a factor found as in 20191212230527, and by the
-- charger's power where there is no factor. A process whose charges give nothing keeps what it has.
-- Scans: charges, charging_processes
-- Locks: row exclusive on charging_processes

update charging_processes
set charge_energy_used = used.kwh
from (
    with phases as (
        select charging_process_id,
               avg(charger_power * 1000.0 / nullif(charger_actual_current::int * charger_voltage, 0)) as measured,
               avg(charger_phases)::int as reported,
               count(*) as charges
        from charges
        group by charging_process_id
    ), factors as (
        select charging_process_id,
               case
                   when measured > 0 and charges > 15 then
                       case
                           when reported = round(measured) then reported
                           when reported = 3 and abs(measured / sqrt(3) - 1) <= 0.1 then sqrt(3)
                           when round(measured) > 0 and abs(round(measured) - measured) <= 0.3 then round(measured)
                       end
               end as factor
        from phases
    ), readings as (
        select charging_process_id, charger_power, charger_phases,
               (charger_actual_current::int * charger_voltage)::double precision as volt_amperes,
               date_part('epoch', date - lag(date) over (partition by charging_process_id order by date)) as seconds
        from charges
    ), charged as (
        select charging_process_id,
               coalesce(case when charger_phases is null then charger_power else volt_amperes * factor / 1000 end, charger_power)
                   * seconds / 3600 as kwh
        from readings
        join factors using (charging_process_id)
    )
    select charging_process_id, round(sum(kwh) filter (where kwh >= 0)::numeric, 2) as kwh
    from charged
    group by charging_process_id
) as used
where charging_processes.id = used.charging_process_id
  and used.kwh is not null
  and charge_energy_used is distinct from used.kwh;
