-- When a car was online, offline or asleep.
-- Locks: share row exclusive on cars

create type states_status as enum ('online', 'offline', 'asleep');

create table states (
    id bigserial constraint states_pkey primary key,
    state states_status not null,
    start_date timestamp(0) not null,
    end_date timestamp(0),
    car_id bigint not null constraint states_car_id_fkey references cars (id)
);
