-- One row from plugging in to unplugging, summarized from its charges when it ends. That start_date may be null is a slip, closed in 2021.
-- Locks: share row exclusive on cars, positions

create table charging_processes (
    id bigserial constraint charging_processes_pkey primary key,
    start_date timestamp(0),
    end_date timestamp(0),
    charge_energy_added double precision,
    start_soc double precision,
    end_soc double precision,
    start_battery_level int,
    end_battery_level int,
    calculated_max_range int,
    duration_min int,
    outside_temp_avg double precision,
    car_id bigint not null constraint charging_processes_car_id_fkey references cars (id),
    position_id bigint not null constraint charging_processes_position_id_fkey references positions (id)
);
