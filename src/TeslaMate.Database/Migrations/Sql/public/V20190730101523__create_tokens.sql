-- The account's access to Tesla.

create table tokens (
    id bigserial constraint tokens_pkey primary key,
    access varchar(255) not null,
    refresh varchar(255) not null,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);
