-- What owners changed of their history, with the rows as they were, so that it can be undone for 90 days; the words and the sources of costs that
-- belong to drives and charging processes. All tables are new and empty. The keys to drives and charging_processes lock these two for a moment.
create table teslamate.history_changes (
    id bigint generated always as identity constraint history_changes_pkey primary key,
    car_id smallint not null constraint history_changes_car_id_fkey references public.cars (id) on delete cascade,
    author text not null,
    changed_at timestamp not null,
    edit jsonb not null,
    idempotency_key text,
    undone_at timestamp,
    undone_by text
);
create index history_changes_car_id_index on teslamate.history_changes (car_id);
create unique index history_changes_idempotency_key on teslamate.history_changes (author, idempotency_key) where idempotency_key is not null;
comment on column teslamate.history_changes.edit is 'what was asked for';

create table teslamate.history_rows (
    change_id bigint not null constraint history_rows_change_id_fkey references teslamate.history_changes (id) on delete cascade,
    kind text not null,
    row_id integer not null,
    before jsonb,
    after jsonb,
    constraint history_rows_pkey primary key (change_id, kind, row_id)
);
create index history_rows_row_id_index on teslamate.history_rows (row_id, kind);
comment on table teslamate.history_rows is 'each row that a change touched; before is null for one that it made, after for one that it deleted';
comment on column teslamate.history_rows.kind is 'a table, or what belongs to the row of this id: its tags, its charges';

create table teslamate.history_moves (
    change_id bigint not null constraint history_moves_change_id_fkey references teslamate.history_changes (id) on delete cascade,
    kind text not null,
    before integer,
    after integer,
    row_ids integer[] not null
);
create index history_moves_change_id_index on teslamate.history_moves (change_id);
comment on table teslamate.history_moves is 'positions that went from one drive to another or to none, charges from one charging process to another';

create table teslamate.drive_tags (
    drive_id integer not null constraint drive_tags_drive_id_fkey references public.drives (id) on delete cascade,
    tag text not null,
    constraint drive_tags_pkey primary key (drive_id, tag),
    constraint drive_tags_length check (char_length(tag) between 1 and 40)
);
create index drive_tags_tag_index on teslamate.drive_tags (tag);

create table teslamate.charging_process_tags (
    charging_process_id integer not null
        constraint charging_process_tags_charging_process_id_fkey references public.charging_processes (id) on delete cascade,
    tag text not null,
    constraint charging_process_tags_pkey primary key (charging_process_id, tag),
    constraint charging_process_tags_length check (char_length(tag) between 1 and 40)
);
create index charging_process_tags_tag_index on teslamate.charging_process_tags (tag);

create table teslamate.charge_costs (
    charging_process_id integer not null
        constraint charge_costs_pkey primary key
        constraint charge_costs_charging_process_id_fkey references public.charging_processes (id) on delete cascade,
    source text not null constraint charge_costs_source check (source in ('geofence', 'tariff', 'user', 'free', 'import', 'other')),
    amount numeric(14, 2),
    set_at timestamp not null
);
comment on table teslamate.charge_costs
    is 'who set the cost of a charging process to which amount; where the process has another one now, somebody else did';
