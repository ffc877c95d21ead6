-- Loses: all charging processes

-- Locks: access exclusive on cars, charging_processes, positions
drop table charging_processes;
