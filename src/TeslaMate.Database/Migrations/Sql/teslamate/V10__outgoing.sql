-- What the program tells others: where to, what, and how far it came. An event is stored with one delivery for each target that wants it before the first attempt,
-- so that a restart loses none. All tables are new and empty.
create table teslamate.outgoing_targets (
    id integer generated always as identity constraint outgoing_targets_pkey primary key,
    kind text not null
        constraint outgoing_targets_kind check (kind in ('webhook', 'ntfy', 'telegram', 'gotify', 'email', 'home_assistant', 'abrp')),
    name text not null constraint outgoing_targets_name check (char_length(name) between 1 and 100),
    is_enabled boolean not null default true,
    settings jsonb not null default '{}',
    secrets jsonb not null default '{}',
    event_types text[],
    car_ids smallint[],
    least_distance_km numeric(8, 2),
    least_energy_kwh numeric(8, 2),
    quiet_from time,
    quiet_to time,
    created_at timestamp not null,
    last_success_at timestamp,
    last_error_at timestamp,
    last_error text,
    failing_since timestamp,
    off_reason text,
    leased_until timestamp,
    leased_by text,
    constraint outgoing_targets_quiet_hours check ((quiet_from is null) = (quiet_to is null))
);
comment on column teslamate.outgoing_targets.secrets is 'each encrypted with ENCRYPTION_KEY, in Base64, by its name';
comment on column teslamate.outgoing_targets.event_types is 'null for all';
comment on column teslamate.outgoing_targets.car_ids is 'null for all';
comment on column teslamate.outgoing_targets.off_reason is 'why the program turned it off';
comment on column teslamate.outgoing_targets.leased_until is 'an instance sends to it until then, and no other does';

create table teslamate.outgoing_events (
    id text not null constraint outgoing_events_pkey primary key,
    type text not null,
    car_id smallint,
    occurred_at timestamp not null,
    body text not null
);
comment on column teslamate.outgoing_events.body is 'the bytes that receivers get, which are signed';

create table teslamate.outgoing_deliveries (
    id bigint generated always as identity constraint outgoing_deliveries_pkey primary key,
    target_id integer not null
        constraint outgoing_deliveries_target_id_fkey references teslamate.outgoing_targets (id) on delete cascade,
    event_id text not null
        constraint outgoing_deliveries_event_id_fkey references teslamate.outgoing_events (id) on delete cascade,
    state text not null default 'pending'
        constraint outgoing_deliveries_state check (state in ('pending', 'delivered', 'failed', 'dropped')),
    attempts smallint not null default 0,
    next_at timestamp,
    last_error text,
    created_at timestamp not null,
    finished_at timestamp,
    constraint outgoing_deliveries_event unique (target_id, event_id),
    constraint outgoing_deliveries_next_at check ((state = 'pending') = (next_at is not null))
);
create index outgoing_deliveries_pending on teslamate.outgoing_deliveries (target_id, id) where state = 'pending';
create index outgoing_deliveries_event_id on teslamate.outgoing_deliveries (event_id);
comment on column teslamate.outgoing_deliveries.state is 'dropped: too many waited, or its target was turned off';
