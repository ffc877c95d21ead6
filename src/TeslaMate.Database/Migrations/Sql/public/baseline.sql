-- The newest schema (20260808090000) in one script for an empty database. The 105 steps lead to exactly this, column order and names included, and a
-- test compares the two; whoever adds a step adds its effect here.
--
-- What looks odd is history that dashboards and backups know: drives were called trips (sequence, key, indexes and, on PostgreSQL 18, the names of NOT
-- NULL constraints), ids are smaller than their bigint sequences, and the two mixed-case index names are cut at 63 bytes.

create extension if not exists cube with schema public;
create extension if not exists earthdistance with schema public;

create schema if not exists private;

-- Units

create type billing_type as enum ('per_kwh', 'per_minute');
create type range as enum ('ideal', 'rated');
create type states_status as enum ('online', 'offline', 'asleep');
create type unit_of_length as enum ('km', 'mi');
create type unit_of_pressure as enum ('bar', 'psi');
create type unit_of_temperature as enum ('C', 'F');

create function convert_celsius(n numeric, unit text) returns numeric language sql as $$
    select case $2 when 'C' then $1
                   when 'F' then ($1 * 9 / 5) + 32
           end
$$;

create function convert_km(n numeric, unit text) returns numeric language sql as $$
    select case $2 when 'km' then $1
                   when 'mi' then $1 / 1.60934
           end
$$;

create function convert_m(n double precision, unit text) returns double precision language sql immutable strict as $$
    select case when $2 = 'm' then $1
                when $2 = 'ft' then $1 * 3.28084
           end
$$;

create function convert_tire_pressure(n numeric, varchar) returns numeric language sql as $$
    select case $2 when 'bar' then $1
                   when 'psi' then $1 * 14.503773773
           end
$$;

-- Settings and the account

create sequence settings_id_seq;
create table settings (
    id bigint not null default nextval('settings_id_seq') constraint settings_pkey primary key,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null,
    unit_of_length unit_of_length not null default 'km',
    unit_of_temperature unit_of_temperature not null default 'C',
    preferred_range range not null default 'rated',
    base_url varchar(255),
    grafana_url varchar(255),
    language text not null default 'en',
    unit_of_pressure unit_of_pressure not null default 'bar',
    theme_mode text not null default 'system'
);
alter sequence settings_id_seq owned by settings.id;

create sequence private.tokens_id_seq;
create table private.tokens (
    id int not null default nextval('private.tokens_id_seq') constraint tokens_pkey primary key,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null,
    refresh bytea,
    access bytea
);
alter sequence private.tokens_id_seq owned by private.tokens.id;

-- Cars

create sequence car_settings_id_seq;
create table car_settings (
    id bigint not null default nextval('car_settings_id_seq') constraint car_settings_pkey primary key,
    suspend_min int not null default 21,
    suspend_after_idle_min int not null default 15,
    req_not_unlocked boolean not null default false,
    free_supercharging boolean not null default false,
    use_streaming_api boolean not null default true,
    enabled boolean not null default true,
    lfp_battery boolean not null default false
);
alter sequence car_settings_id_seq owned by car_settings.id;

create sequence cars_id_seq;
create table cars (
    id smallint not null default nextval('cars_id_seq') constraint cars_pkey primary key,
    eid bigint not null,
    vid bigint not null,
    model varchar(255),
    efficiency double precision,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null,
    vin text not null,
    name text,
    trim_badging text,
    settings_id bigint not null constraint cars_settings_id_fkey references car_settings (id) on delete cascade,
    exterior_color text,
    spoiler_type text,
    wheel_type text,
    display_priority smallint not null default 1,
    marketing_name varchar(255)
);
alter sequence cars_id_seq owned by cars.id;
create unique index cars_eid_index on cars (eid);
create unique index cars_vid_index on cars (vid);
create unique index cars_vin_index on cars (vin);
create unique index cars_settings_id_index on cars (settings_id);

create sequence states_id_seq;
create table states (
    id int not null default nextval('states_id_seq') constraint states_pkey primary key,
    state states_status not null,
    start_date timestamp not null,
    end_date timestamp,
    car_id smallint not null constraint states_car_id_fkey references cars (id) on delete cascade,
    constraint positive_duration check (end_date >= start_date)
);
alter sequence states_id_seq owned by states.id;
create index states_car_id_index on states (car_id);
create unique index "states_car_id__end_date_IS_NULL_index" on states (car_id, (end_date is null)) where end_date is null;

create sequence updates_id_seq;
create table updates (
    id int not null default nextval('updates_id_seq') constraint updates_pkey primary key,
    start_date timestamp not null,
    end_date timestamp,
    version varchar(255),
    car_id smallint not null constraint updates_car_id_fkey references cars (id) on delete cascade,
    constraint positive_duration check (end_date >= start_date)
);
alter sequence updates_id_seq owned by updates.id;
create index updates_car_id_index on updates (car_id);

-- Places

create sequence addresses_id_seq;
create table addresses (
    id int not null default nextval('addresses_id_seq') constraint addresses_pkey primary key,
    display_name varchar(512),
    latitude numeric(8, 6),
    longitude numeric(9, 6),
    name varchar(255),
    house_number varchar(255),
    road varchar(255),
    neighbourhood varchar(255),
    city varchar(255),
    county varchar(255),
    postcode varchar(255),
    state varchar(255),
    state_district varchar(255),
    country varchar(255),
    raw jsonb,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null,
    osm_id bigint,
    osm_type text
);
alter sequence addresses_id_seq owned by addresses.id;
create unique index addresses_osm_id_osm_type_index on addresses (osm_id, osm_type);

create sequence geofences_id_seq;
create table geofences (
    id int not null default nextval('geofences_id_seq') constraint geofences_pkey primary key,
    name varchar(255) not null,
    latitude numeric(8, 6) not null,
    longitude numeric(9, 6) not null,
    radius smallint not null default 25,
    inserted_at timestamp(0) not null,
    updated_at timestamp(0) not null,
    cost_per_unit numeric(9, 4),
    session_fee numeric(14, 2),
    billing_type billing_type not null default 'per_kwh'
);
alter sequence geofences_id_seq owned by geofences.id;

-- Drives and their positions, which refer to each other

create sequence trips_id_seq;
create table drives (
    id int constraint trips_id_not_null not null default nextval('trips_id_seq') constraint trips_pkey primary key,
    start_date timestamp constraint trips_start_date_not_null not null,
    end_date timestamp,
    outside_temp_avg numeric(4, 1),
    speed_max smallint,
    power_max smallint,
    power_min smallint,
    start_ideal_range_km numeric(6, 2),
    end_ideal_range_km numeric(6, 2),
    start_km double precision,
    end_km double precision,
    distance double precision,
    duration_min smallint,
    car_id smallint constraint trips_car_id_not_null not null constraint drives_car_id_fkey references cars (id) on delete cascade,
    inside_temp_avg numeric(4, 1),
    start_address_id int constraint drives_start_address_id_fkey references addresses (id) on delete set null,
    end_address_id int constraint drives_end_address_id_fkey references addresses (id) on delete set null,
    start_rated_range_km numeric(6, 2),
    end_rated_range_km numeric(6, 2),
    start_position_id int,
    end_position_id int,
    start_geofence_id int constraint drives_start_geofence_id_fkey references geofences (id) on delete set null,
    end_geofence_id int constraint drives_end_geofence_id_fkey references geofences (id) on delete set null,
    ascent smallint,
    descent smallint
);
alter sequence trips_id_seq owned by drives.id;
create index trips_car_id_index on drives (car_id);
create index trips_start_address_id_index on drives (start_address_id);
create index trips_end_address_id_index on drives (end_address_id);
create index drives_start_position_id_index on drives (start_position_id);
create index drives_end_position_id_index on drives (end_position_id);
create index drives_start_geofence_id_index on drives (start_geofence_id);
create index drives_end_geofence_id_index on drives (end_geofence_id);

create sequence positions_id_seq;
create table positions (
    id int not null default nextval('positions_id_seq') constraint positions_pkey primary key,
    date timestamp not null,
    latitude numeric(8, 6) not null,
    longitude numeric(9, 6) not null,
    speed smallint,
    power smallint,
    odometer double precision,
    ideal_battery_range_km numeric(6, 2),
    battery_level smallint,
    outside_temp numeric(4, 1),
    elevation smallint,
    fan_status int,
    driver_temp_setting numeric(4, 1),
    passenger_temp_setting numeric(4, 1),
    is_climate_on boolean,
    is_rear_defroster_on boolean,
    is_front_defroster_on boolean,
    car_id smallint not null constraint positions_car_id_fkey references cars (id) on delete cascade,
    drive_id int constraint positions_drive_id_fkey references drives (id) on delete set null,
    inside_temp numeric(4, 1),
    battery_heater boolean,
    battery_heater_on boolean,
    battery_heater_no_power boolean,
    est_battery_range_km numeric(6, 2),
    rated_battery_range_km numeric(6, 2),
    usable_battery_level smallint,
    tpms_pressure_fl numeric(4, 1),
    tpms_pressure_fr numeric(4, 1),
    tpms_pressure_rl numeric(4, 1),
    tpms_pressure_rr numeric(4, 1)
);
alter sequence positions_id_seq owned by positions.id;
create index positions_car_id_index on positions (car_id);
create index "positions_car_id_date__ideal_battery_range_km_IS_NOT_NULL_index"
    on positions (car_id, date, (ideal_battery_range_km is not null)) where ideal_battery_range_km is not null;
create index positions_date_timestamp_minmax_multi_ops_index
    on positions using brin (date timestamp_minmax_multi_ops)
    with (autosummarize = true, pages_per_range = 64);
create index positions_drive_id_date_timestamp_minmax_multi_ops_index
    on positions using brin (drive_id, date timestamp_minmax_multi_ops)
    with (autosummarize = true, pages_per_range = 64);

alter table drives
    add constraint drives_start_position_id_fkey foreign key (start_position_id) references positions (id) on delete set null,
    add constraint drives_end_position_id_fkey foreign key (end_position_id) references positions (id) on delete set null;

-- Charging

create sequence charging_processes_id_seq;
create table charging_processes (
    id int not null default nextval('charging_processes_id_seq') constraint charging_processes_pkey primary key,
    start_date timestamp not null,
    end_date timestamp,
    charge_energy_added numeric(8, 2),
    start_ideal_range_km numeric(6, 2),
    end_ideal_range_km numeric(6, 2),
    start_battery_level smallint,
    end_battery_level smallint,
    duration_min smallint,
    outside_temp_avg numeric(4, 1),
    car_id smallint not null constraint charging_processes_car_id_fkey references cars (id) on delete cascade,
    position_id int not null constraint charging_processes_position_id_fkey references positions (id),
    address_id int constraint charging_processes_address_id_fkey references addresses (id) on delete set null,
    start_rated_range_km numeric(6, 2),
    end_rated_range_km numeric(6, 2),
    geofence_id int constraint charging_processes_geofence_id_fkey references geofences (id) on delete set null,
    charge_energy_used numeric(8, 2),
    cost numeric(14, 2)
);
alter sequence charging_processes_id_seq owned by charging_processes.id;
create index charging_processes_car_id_index on charging_processes (car_id);
create index charging_processes_position_id_index on charging_processes (position_id);
create index charging_processes_address_id_index on charging_processes (address_id);

create sequence charges_id_seq;
create table charges (
    id int not null default nextval('charges_id_seq') constraint charges_pkey primary key,
    date timestamp not null,
    battery_heater_on boolean,
    battery_level smallint,
    charge_energy_added numeric(8, 2) not null,
    charger_actual_current smallint,
    charger_phases smallint,
    charger_pilot_current smallint,
    charger_power smallint not null,
    charger_voltage smallint,
    fast_charger_present boolean,
    conn_charge_cable varchar(255),
    fast_charger_brand varchar(255),
    fast_charger_type varchar(255),
    ideal_battery_range_km numeric(6, 2) not null,
    not_enough_power_to_heat boolean,
    outside_temp numeric(4, 1),
    charging_process_id int not null
        constraint charges_charging_process_id_fkey references charging_processes (id) on delete cascade,
    battery_heater boolean,
    battery_heater_no_power boolean,
    rated_battery_range_km numeric(6, 2),
    usable_battery_level smallint,
    constraint positive_charger_phases check (charger_phases > 0)
);
alter sequence charges_id_seq owned by charges.id;
create index charges_date_index on charges (date);
create index charges_charging_process_id_index on charges (charging_process_id);

-- Imports of other loggers' files

create sequence import_runs_id_seq;
create table import_runs (
    id bigint not null default nextval('import_runs_id_seq') constraint import_runs_pkey primary key,
    source_key varchar(255) not null,
    status varchar(255) not null,
    timezone varchar(255) not null,
    date_limit timestamp,
    date_limit_captured boolean not null default false,
    car_id bigint constraint import_runs_car_id_fkey references cars (id) on delete set null,
    inserted_at timestamp not null,
    updated_at timestamp not null
);
alter sequence import_runs_id_seq owned by import_runs.id;
create unique index import_runs_one_running_per_source on import_runs (source_key) where status = 'running';

create sequence import_file_checkpoints_id_seq;
create table import_file_checkpoints (
    id bigint not null default nextval('import_file_checkpoints_id_seq') constraint import_file_checkpoints_pkey primary key,
    run_id bigint not null constraint import_file_checkpoints_run_id_fkey references import_runs (id) on delete cascade,
    file_name varchar(255) not null,
    file_fingerprint varchar(255) not null,
    completed_at timestamp not null,
    inserted_at timestamp not null,
    updated_at timestamp not null
);
alter sequence import_file_checkpoints_id_seq owned by import_file_checkpoints.id;
create unique index import_file_checkpoints_identity on import_file_checkpoints (run_id, file_name, file_fingerprint);

create sequence import_rejections_id_seq;
create table import_rejections (
    id bigint not null default nextval('import_rejections_id_seq') constraint import_rejections_pkey primary key,
    run_id bigint not null constraint import_rejections_run_id_fkey references import_runs (id) on delete cascade,
    file_name varchar(255) not null,
    file_fingerprint varchar(255) not null,
    "row" int not null,
    reason varchar(255) not null,
    fields varchar(255)[] not null default array[]::varchar[],
    inserted_at timestamp not null,
    updated_at timestamp not null
);
alter sequence import_rejections_id_seq owned by import_rejections.id;
create unique index import_rejections_row_identity on import_rejections (run_id, file_name, file_fingerprint, "row");

-- The one row of settings that the program expects

insert into settings (inserted_at, updated_at)
values (now() at time zone 'utc', now() at time zone 'utc');
