-- A drive's efficiency and a charging process's maximal range come back empty.
-- Locks: access exclusive on charges, charging_processes, drives, positions
-- Loses: rated ranges of drives, charges and charging processes

alter table charging_processes
    add calculated_max_range int,
    drop end_rated_range_km,
    drop start_rated_range_km;
alter table charging_processes rename end_ideal_range_km to end_range_km;
alter table charging_processes rename start_ideal_range_km to start_range_km;

alter table charges drop rated_battery_range_km;

alter table drives
    add efficiency double precision,
    drop end_rated_range_km,
    drop start_rated_range_km;
alter table drives rename end_ideal_range_km to end_range_km;
alter table drives rename start_ideal_range_km to start_range_km;

alter table positions rename rated_battery_range_km to battery_range_km;
