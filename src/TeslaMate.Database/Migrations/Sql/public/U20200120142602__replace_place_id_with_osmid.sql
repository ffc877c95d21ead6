-- The addresses stay, without any id of the geocoder.
-- Scans: addresses
-- Locks: access exclusive on addresses
-- Loses: the OpenStreetMap ids of addresses; going forward again deletes all addresses, and the program looks them up anew

drop index addresses_osm_id_osm_type_index;

alter table addresses
    drop osm_type,
    drop osm_id,
    add place_id int;

create unique index addresses_place_id_index on addresses (place_id);
