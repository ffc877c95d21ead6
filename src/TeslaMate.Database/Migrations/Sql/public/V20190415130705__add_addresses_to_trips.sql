-- Trips refer to addresses instead of holding their text. The texts are thrown away: they cannot be matched to a place.
-- Locks: access exclusive on trips, share row exclusive on addresses

alter table trips
    drop start_address,
    drop end_address,
    add start_address_id bigint constraint trips_start_address_id_fkey references addresses (id),
    add end_address_id bigint constraint trips_end_address_id_fkey references addresses (id);
