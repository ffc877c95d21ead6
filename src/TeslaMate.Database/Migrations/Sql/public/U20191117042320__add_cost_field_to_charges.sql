-- Locks: access exclusive on charging_processes
-- Loses: the costs of charging processes

alter table charging_processes drop cost;
