-- Loses: the links from charging processes to addresses
-- Locks: access exclusive on addresses, charging_processes

alter table charging_processes drop address_id;
