-- The columns hold ranges, not states of charge.
-- Locks: access exclusive on charging_processes

alter table charging_processes rename start_soc to start_range_km;
alter table charging_processes rename end_soc to end_range_km;
