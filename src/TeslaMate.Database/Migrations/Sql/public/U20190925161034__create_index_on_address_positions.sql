-- Locks: access exclusive on addresses

drop index addresses_ll_to_earth_latitude__longitude_index;
