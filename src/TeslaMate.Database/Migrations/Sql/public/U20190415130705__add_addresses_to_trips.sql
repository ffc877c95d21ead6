-- The address texts come back empty.
-- Locks: access exclusive on addresses, trips
-- Loses: the links from trips to addresses

alter table trips
    drop end_address_id,
    drop start_address_id,
    add end_address varchar(255),
    add start_address varchar(255);
