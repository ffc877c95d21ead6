-- A geofence stands on its own instead of belonging to one address; an address refers to the geofence it lies in. Of several geofences the one stored
-- last wins.
-- Scans: addresses
-- Locks: access exclusive on addresses, geofences

alter table addresses add geofence_id bigint constraint addresses_geofence_id_fkey references geofences (id);

alter table geofences drop address_id;

create index addresses_geofence_id_index on addresses (geofence_id);

update addresses
set geofence_id = located.geofence_id
from (
    select distinct on (addresses.id) addresses.id as address_id, geofences.id as geofence_id
    from addresses
    join geofences on earth_box(ll_to_earth(geofences.latitude, geofences.longitude), geofences.radius)
                      @> ll_to_earth(addresses.latitude, addresses.longitude)
    order by addresses.id, geofences.ctid desc
) as located
where addresses.id = located.address_id;
