-- Loses: all charging processes

drop table charging_processes;
