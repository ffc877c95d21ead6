-- Which software a car installed, and when.
-- Locks: share row exclusive on cars

create table updates (
    id bigserial constraint updates_pkey primary key,
    start_date timestamp(0) not null,
    end_date timestamp(0),
    version varchar(255),
    car_id bigint not null constraint updates_car_id_fkey references cars (id)
);
