-- What is called a drive later: one row from parking to parking, summarized from its positions when it ends.
-- Locks: share row exclusive on cars

create table trips (
    id bigserial constraint trips_pkey primary key,
    start_date timestamp(0) not null,
    end_date timestamp(0),
    outside_temp_avg double precision,
    speed_max int,
    power_max double precision,
    power_min double precision,
    power_avg double precision,
    start_range_km double precision,
    end_range_km double precision,
    start_km double precision,
    end_km double precision,
    distance double precision,
    duration_min int,
    start_address varchar(255),
    end_address varchar(255),
    "consumption_kWh" double precision,
    "consumption_kWh_100km" double precision,
    efficiency double precision,
    car_id bigint not null constraint trips_car_id_fkey references cars (id)
);
