-- Locks: access exclusive on charging_processes

alter table charging_processes rename end_range_km to end_soc;
alter table charging_processes rename start_range_km to start_soc;
