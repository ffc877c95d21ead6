-- Fleet Telemetry: what cars send by themselves. All tables are new and empty; the only existing one that changes, car_logs, gets a column without default,
-- which takes a lock for a moment. A record is acknowledged once its row in the inbox is committed, and applied in the transaction of the rows it causes,
-- so a crash at any point neither loses nor doubles it.
create table teslamate.telemetry_inbox (
    id bigint generated always as identity
        constraint telemetry_inbox_pkey primary key,
    car_id smallint not null
        constraint telemetry_inbox_car_id_fkey references public.cars (id) on delete cascade,
    type smallint not null,
    form smallint not null,
    source smallint not null,
    is_resend boolean not null,
    is_applied boolean not null default false,
    car_time timestamp not null,
    received_at timestamp not null,
    digest bigint not null,
    txid bytea,
    payload bytea not null
) with (fillfactor = 90);
comment on table teslamate.telemetry_inbox is 'records as they came, for a week';
comment on column teslamate.telemetry_inbox.type is '0 data, 1 alerts, 2 errors, 3 connectivity';
comment on column teslamate.telemetry_inbox.form is '0 protobuf, 1 JSON, 2 unreadable';
comment on column teslamate.telemetry_inbox.source is '0 own endpoint, 1 ZeroMQ, 2 MQTT, 3 Kafka';
-- The duplicate filter: Tesla's servers pass no transaction on, so equal bytes of one moment are the same record, too.
create unique index telemetry_inbox_txid on teslamate.telemetry_inbox (car_id, txid) where txid is not null;
create unique index telemetry_inbox_content on teslamate.telemetry_inbox (car_id, car_time, digest);
create index telemetry_inbox_pending on teslamate.telemetry_inbox (car_id, id) where not is_applied;
create index telemetry_inbox_received_at on teslamate.telemetry_inbox using brin (received_at);

create function teslamate.apply_telemetry(records bigint[]) returns void
    language sql
    as $$ update teslamate.telemetry_inbox set is_applied = true where id = any (records) $$;

create table teslamate.telemetry_cars (
    car_id smallint not null
        constraint telemetry_cars_pkey primary key
        constraint telemetry_cars_car_id_fkey references public.cars (id) on delete cascade,
    is_enabled boolean not null default true,
    profile text,
    host text,
    configured_at timestamp,
    expires_at timestamp,
    is_synced boolean,
    looked_at timestamp,
    last_error text
);
comment on table teslamate.telemetry_cars is 'cars that are told to send their data here';

create table teslamate.telemetry_snapshots (
    car_id smallint not null
        constraint telemetry_snapshots_pkey primary key
        constraint telemetry_snapshots_car_id_fkey references public.cars (id) on delete cascade,
    saved_at timestamp not null,
    state jsonb not null
);

create table teslamate.telemetry_alerts (
    car_id smallint not null
        constraint telemetry_alerts_car_id_fkey references public.cars (id) on delete cascade,
    name text not null,
    started_at timestamp not null,
    ended_at timestamp,
    audiences smallint[] not null,
    constraint telemetry_alerts_pkey primary key (car_id, name, started_at)
);

create table teslamate.telemetry_requests (
    id bigint generated always as identity
        constraint telemetry_requests_pkey primary key,
    asked_at timestamp not null,
    car_id smallint
        constraint telemetry_requests_car_id_fkey references public.cars (id) on delete cascade,
    kind text not null,
    reason text not null,
    status smallint,
    is_billed boolean not null default true
);
comment on table teslamate.telemetry_requests is 'the ledger of what Tesla was asked';
create index telemetry_requests_car_id_asked_at on teslamate.telemetry_requests (car_id, asked_at);

create table teslamate.telemetry_usage (
    car_id smallint not null
        constraint telemetry_usage_car_id_fkey references public.cars (id) on delete cascade,
    day date not null,
    records bigint not null default 0,
    datums bigint not null default 0,
    duplicates bigint not null default 0,
    rejected bigint not null default 0,
    bytes bigint not null default 0,
    constraint telemetry_usage_pkey primary key (car_id, day)
);
comment on column teslamate.telemetry_usage.datums is 'what Tesla bills as signals';

create table teslamate.telemetry_values (
    car_id smallint not null
        constraint telemetry_values_car_id_fkey references public.cars (id) on delete cascade,
    date timestamp not null,
    fields smallint[] not null,
    numbers real[] not null,
    constraint telemetry_values_pkey primary key (car_id, date)
);
comment on table teslamate.telemetry_values is 'numbers without a column in the tables of drives and charges, one row for each record';

alter table teslamate.car_logs add column late_drive_id integer;
comment on column teslamate.car_logs.late_drive_id is 'the drive that the last late positions belong to';
