-- Entries of the logbook that the database did not accept, with what they were about, so that they can be sent again once the reason is gone
-- (teslamate retry-refused). Empty before; nothing else writes it.
create table teslamate.refused_entries (
    id bigint generated always as identity constraint refused_entries_pkey primary key,
    car_id smallint not null,
    refused_at timestamp not null,
    reason text not null,
    entry text not null,
    drive_id integer,
    charging_process_id integer
);
comment on column teslamate.refused_entries.car_id is 'no foreign key: a car that is no more is one of the reasons';
comment on column teslamate.refused_entries.entry is 'JSON, as entries wait on disk';
comment on column teslamate.refused_entries.drive_id is 'the drive that was open';
comment on column teslamate.refused_entries.charging_process_id is 'the charging process that was open';
create index refused_entries_car_id_index on teslamate.refused_entries (car_id);
