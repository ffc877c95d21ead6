-- What the measures (docs/measures.md) would otherwise have to read out of every position and charge again: kept per drive, charging process, time parked and
-- quarter of an hour. All of it can be computed anew at any time; the functions compute what is missing or stale from the log itself.
create table teslamate.drive_samples (
    drive_id integer not null constraint drive_samples_pkey primary key,
    car_id smallint not null,
    start_date timestamp not null,
    end_date timestamp not null,
    start_position_id integer,
    end_position_id integer,
    start_level smallint,
    start_usable smallint,
    start_latitude double precision,
    start_longitude double precision,
    end_level smallint,
    end_usable smallint,
    end_latitude double precision,
    end_longitude double precision,
    complete_samples integer not null,
    reduced_samples integer not null,
    powered_s double precision not null,
    recovered_kwh double precision not null,
    moving_s double precision not null,
    speed_km double precision[] not null,
    speed_mi double precision[] not null,
    pressure_samples integer not null,
    pressure_fl double precision,
    pressure_fr double precision,
    pressure_rl double precision,
    pressure_rr double precision
);
create index drive_samples_car_id_index on teslamate.drive_samples (car_id);
create table teslamate.drive_routes (
    drive_id integer not null constraint drive_routes_pkey primary key,
    car_id smallint not null,
    start_date timestamp not null,
    end_date timestamp not null,
    latitudes double precision[] not null,
    longitudes double precision[] not null,
    parts smallint[] not null
);
create index drive_routes_car_id_index on teslamate.drive_routes (car_id);
create table teslamate.charge_samples (
    charging_process_id integer not null constraint charge_samples_pkey primary key,
    car_id smallint not null,
    start_date timestamp not null,
    end_date timestamp not null,
    samples integer not null,
    kind text,
    charger_brand text,
    power_max smallint,
    first_usable smallint,
    last_usable smallint,
    last_rated_km double precision,
    curve_levels smallint[] not null,
    curve_kw double precision[] not null,
    curve_minutes smallint[] not null,
    curve_minute_kw double precision[] not null,
    level_reached smallint[] not null,
    level_reached_s double precision[] not null
);
create index charge_samples_car_id_index on teslamate.charge_samples (car_id);
create table teslamate.parked_samples (
    car_id smallint not null,
    start_date timestamp not null,
    end_date timestamp not null,
    samples integer not null,
    climate_samples integer not null,
    constraint parked_samples_pkey primary key (car_id, start_date)
);
create table teslamate.level_samples (
    car_id smallint not null,
    bucket timestamp not null,
    samples integer not null,
    level_sum bigint not null,
    usable_sum bigint not null,
    level_min smallint,
    level_max smallint,
    last_date timestamp not null,
    last_level smallint,
    rated_km double precision not null,
    rated_usable bigint not null,
    ideal_km double precision not null,
    ideal_usable bigint not null,
    low_rated_km double precision not null,
    low_rated_usable bigint not null,
    low_ideal_km double precision not null,
    low_ideal_usable bigint not null,
    temperature_sum double precision not null,
    temperature_samples integer not null,
    odometer_km double precision,
    constraint level_samples_pkey primary key (car_id, bucket)
);
create table teslamate.level_progress (
    car_id smallint not null constraint level_progress_pkey primary key,
    last_position_id integer not null,
    last_charge_id integer not null
);
create table teslamate.car_preferences (
    car_id smallint not null constraint car_preferences_pkey primary key,
    capacity_kwh double precision constraint car_preferences_capacity_kwh check (capacity_kwh > 0),
    range_km double precision constraint car_preferences_range_km check (range_km > 0),
    mass_kg double precision constraint car_preferences_mass_kg check (mass_kg > 0),
    budget_km_per_year double precision constraint car_preferences_budget check (budget_km_per_year > 0),
    budget_from date
);
