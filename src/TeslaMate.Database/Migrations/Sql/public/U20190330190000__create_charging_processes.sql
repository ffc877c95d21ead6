-- Locks: access exclusive on cars, charging_processes, positions
-- Loses: all charging processes

drop table charging_processes;
