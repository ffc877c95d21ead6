-- Nothing asks for points on the globe any more, and the indexes slow every insert.
-- Locks: access exclusive on addresses, positions

drop index if exists positions_ll_to_earth_latitude__longitude_index;
drop index if exists addresses_ll_to_earth_latitude__longitude_index;
