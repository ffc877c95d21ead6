-- Locks: access exclusive on addresses, charging_processes
-- Loses: the links from charging processes to addresses

alter table charging_processes drop address_id;
