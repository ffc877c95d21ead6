-- The geocoder's place ids change with every import of its data, OpenStreetMap's own ids do not. Addresses that are known only by place id are thrown
-- away; the program looks them up again.
-- Scans: addresses, charging_processes, drives
-- Locks: access exclusive on addresses, row exclusive on charging_processes, drives

drop index if exists addresses_place_id_index;

alter table addresses
    drop place_id,
    add osm_id bigint,
    add osm_type text;

create unique index addresses_osm_id_osm_type_index on addresses (osm_id, osm_type);

update drives
set start_address_id = null, end_address_id = null
where start_address_id is not null or end_address_id is not null;

update charging_processes
set address_id = null
where address_id is not null;

delete from addresses;

alter sequence addresses_id_seq restart;
