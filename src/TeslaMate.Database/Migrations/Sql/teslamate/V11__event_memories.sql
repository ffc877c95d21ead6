-- What was last known of each car and of the program, and told already, so that a restart tells nothing twice (spec api 4.2). The table is new and empty.
create table teslamate.event_memories (
    scope text not null constraint event_memories_pkey primary key,
    memory jsonb not null,
    updated_at timestamp not null
);
comment on column teslamate.event_memories.scope is 'program, or car and its number';
