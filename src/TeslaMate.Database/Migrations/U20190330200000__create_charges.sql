-- Loses: all charges
-- Locks: access exclusive on charges, charging_processes

drop table charges;
