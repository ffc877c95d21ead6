-- Places that the user names, each a circle around an address.
-- Locks: share row exclusive on addresses

create table geofences (
    id bigserial constraint geofences_pkey primary key,
    name varchar(255) not null,
    latitude double precision not null,
    longitude double precision not null,
    radius double precision not null default 25,
    address_id bigint not null constraint geofences_address_id_fkey references addresses (id),
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

create unique index geofences_address_id_index on geofences (address_id);
