-- Every geofence gets an address of its own, made of its name and its centre.
-- Scans: addresses
-- Locks: access exclusive on addresses, geofences
-- Loses: the addresses' links to geofences, and which address a geofence belonged to before

alter table addresses drop geofence_id;

alter table geofences add address_id bigint;

update geofences set address_id = nextval('addresses_id_seq');

insert into addresses (id, display_name, name, latitude, longitude, inserted_at, updated_at)
select address_id, name, name, latitude, longitude, now() at time zone 'utc', now() at time zone 'utc'
from geofences;

alter table geofences
    add constraint geofences_address_id_fkey foreign key (address_id) references addresses (id),
    alter address_id set not null;

create unique index geofences_address_id_index on geofences (address_id);
