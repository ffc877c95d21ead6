-- Meant for finding addresses near a point; replaced by another kind of index two weeks later.
-- Scans: addresses
-- Locks: share on addresses

create index addresses_ll_to_earth_latitude__longitude_index on addresses (ll_to_earth(latitude, longitude));
