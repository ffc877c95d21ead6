-- Addresses as OpenStreetMap's geocoder answers them, one row a place.

create table addresses (
    id bigserial constraint addresses_pkey primary key,
    display_name varchar(512),
    place_id int,
    latitude double precision,
    longitude double precision,
    name varchar(255),
    house_number varchar(255),
    road varchar(255),
    neighbourhood varchar(255),
    city varchar(255),
    county varchar(255),
    postcode varchar(255),
    state varchar(255),
    state_district varchar(255),
    country varchar(255),
    raw jsonb,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

create unique index addresses_place_id_index on addresses (place_id);
