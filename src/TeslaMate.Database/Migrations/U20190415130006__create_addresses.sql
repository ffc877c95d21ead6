-- Loses: all addresses

drop table addresses;
