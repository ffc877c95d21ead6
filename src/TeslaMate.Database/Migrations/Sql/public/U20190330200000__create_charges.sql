-- Locks: access exclusive on charges, charging_processes
-- Loses: all charges

drop table charges;
