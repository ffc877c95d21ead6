-- Every charging process that has begun is summarized anew from its charges. The phases that a car reports are not always those it charges with, so
-- the energy used goes by the factor between power and current times voltage: the phases where the average of both agrees, the square root of 3
-- where the voltage is that between two of three phases, otherwise the nearest whole number if it is near; a process of 15 charges or fewer has no
-- factor. A process without charges keeps what it has but for its two energies.
-- Scans: charges, charging_processes
-- Locks: row exclusive on charging_processes

update charging_processes
set (start_ideal_range_km, end_ideal_range_km, start_rated_range_km, end_rated_range_km, start_battery_level, end_battery_level,
     outside_temp_avg, charge_energy_added, charge_energy_used, duration_min, end_date) = (
    select ends.start_ideal_range_km, ends.end_ideal_range_km, ends.start_rated_range_km, ends.end_rated_range_km,
           ends.start_battery_level, ends.end_battery_level, ends.outside_temp_avg,
           case when ends.energy_added >= 0 then ends.energy_added end,
           used.kwh,
           round(extract(epoch from ends.last_date - ends.first_date) / 60),
           coalesce(charging_processes.end_date, ends.last_date)
    from (
        select first_value(ideal_battery_range_km) over charging as start_ideal_range_km,
               last_value(ideal_battery_range_km) over charging as end_ideal_range_km,
               first_value(rated_battery_range_km) over charging as start_rated_range_km,
               last_value(rated_battery_range_km) over charging as end_rated_range_km,
               first_value(battery_level) over charging as start_battery_level,
               last_value(battery_level) over charging as end_battery_level,
               last_value(charge_energy_added) over charging - first_value(charge_energy_added) over charging as energy_added,
               first_value(date) over charging as first_date,
               last_value(date) over charging as last_date,
               avg(outside_temp) over charging as outside_temp_avg
        -- "offset 0" keeps the limit out of the choice of the plan: it would walk all charges by date, once per process, for the sake of one row.
        from (select * from charges where charging_process_id = charging_processes.id offset 0) as charge
        window charging as (order by date range between unbounded preceding and unbounded following)
        limit 1
    ) as ends
    cross join (
        select avg(charger_power * 1000 / nullif(charger_actual_current::double precision * charger_voltage, 0)) as measured,
               round(avg(charger_phases)) as reported,
               count(*) as charges
        from charges
        where charging_process_id = charging_processes.id
    ) as phases
    -- round() of a double precision would round a half to the even number.
    cross join lateral (
        select floor(phases.measured) + case when phases.measured - floor(phases.measured) >= 0.5 then 1 else 0 end as whole
    ) as rounded
    cross join lateral (
        select case
                   when phases.measured > 0 and phases.charges > 15 then
                       case
                           when phases.reported = rounded.whole then phases.reported
                           when phases.reported = 3 and abs(phases.measured / sqrt(3) - 1) <= 0.1 then sqrt(3)
                           when abs(rounded.whole - phases.measured) <= 0.3 then rounded.whole
                       end
               end as phases
    ) as factor
    cross join lateral (
        select sum(charge.kwh) filter (where charge.kwh > 0) as kwh
        from (
            select case
                       when charger_phases is null then charger_power
                       else charger_actual_current::double precision * charger_voltage * factor.phases / 1000
                   end * date_part('epoch', date - lag(date) over (order by date)) / 3600 as kwh
            from charges
            where charging_process_id = charging_processes.id
        ) as charge
    ) as used
)
where start_date is not null
  and exists (select from charges where charging_process_id = charging_processes.id);

update charging_processes
set charge_energy_added = null, charge_energy_used = null
where start_date is not null
  and not exists (select from charges where charging_process_id = charging_processes.id);
