-- Settings of the whole installation: always one row, which programs change but never create.

create table settings (
    id bigserial constraint settings_pkey primary key,
    use_imperial_units boolean not null default false,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null
);

insert into settings (inserted_at, updated_at)
values (now() at time zone 'utc', now() at time zone 'utc');
