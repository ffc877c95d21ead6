-- Where a car was and how it was doing, every few seconds while it is awake; the table that becomes large.
-- Locks: share row exclusive on cars, trips

create table positions (
    id bigserial constraint positions_pkey primary key,
    date timestamp(0) not null,
    latitude double precision not null,
    longitude double precision not null,
    speed int,
    power double precision,
    odometer double precision,
    ideal_battery_range_km double precision,
    battery_level int,
    outside_temp double precision,
    altitude double precision,
    fan_status int,
    driver_temp_setting double precision,
    passenger_temp_setting double precision,
    is_climate_on boolean,
    is_rear_defroster_on boolean,
    is_front_defroster_on boolean,
    car_id bigint not null constraint positions_car_id_fkey references cars (id),
    trip_id bigint constraint positions_trip_id_fkey references trips (id)
);
