-- Locks: access exclusive on charging_processes

alter table charging_processes alter start_date drop not null;
