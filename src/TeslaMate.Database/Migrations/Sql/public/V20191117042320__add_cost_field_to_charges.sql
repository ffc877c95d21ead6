-- What a charging process cost, entered by the user.
-- Locks: access exclusive on charging_processes

alter table charging_processes add cost numeric(6, 2);
