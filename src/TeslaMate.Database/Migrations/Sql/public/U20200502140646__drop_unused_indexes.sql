-- Scans: addresses, positions
-- Locks: share on addresses, positions

create index if not exists addresses_ll_to_earth_latitude__longitude_index
    on addresses using gist (ll_to_earth(latitude, longitude));

-- unless pending: 20191007105010
create index if not exists positions_ll_to_earth_latitude__longitude_index
    on positions using gist (ll_to_earth(latitude, longitude));
