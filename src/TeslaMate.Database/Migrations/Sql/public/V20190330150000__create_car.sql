-- The cars of the account, by the two ids that Tesla gives them.

create table cars (
    id bigserial constraint cars_pkey primary key,
    eid bigint not null,
    vid bigint not null,
    model varchar(255) not null,
    efficiency double precision not null,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

create unique index cars_eid_index on cars (eid);
create unique index cars_vid_index on cars (vid);
