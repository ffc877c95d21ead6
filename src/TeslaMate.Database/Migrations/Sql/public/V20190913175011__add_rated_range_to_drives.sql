-- Drives, charging processes and charges get the rated range beside the ideal one. A drive's efficiency and a charging process's maximal range follow
-- from them and are dropped.
-- Locks: access exclusive on charges, charging_processes, drives, positions

alter table positions rename battery_range_km to rated_battery_range_km;

alter table drives rename start_range_km to start_ideal_range_km;
alter table drives rename end_range_km to end_ideal_range_km;
alter table drives
    add start_rated_range_km double precision,
    add end_rated_range_km double precision,
    drop efficiency;

alter table charges add rated_battery_range_km double precision;

alter table charging_processes rename start_range_km to start_ideal_range_km;
alter table charging_processes rename end_range_km to end_ideal_range_km;
alter table charging_processes
    add start_rated_range_km double precision,
    add end_rated_range_km double precision,
    drop calculated_max_range;
