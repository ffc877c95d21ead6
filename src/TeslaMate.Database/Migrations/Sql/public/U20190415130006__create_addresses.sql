-- Locks: access exclusive on addresses
-- Loses: all addresses

drop table addresses;
