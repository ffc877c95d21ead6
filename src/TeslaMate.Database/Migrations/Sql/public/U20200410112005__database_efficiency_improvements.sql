-- The wider types come back; the digits that were rounded away do not. Every table is rewritten with all its indexes.
-- Rewrites: addresses, cars, charges, charging_processes, drives, geofences, positions, states, tokens, updates
-- Locks: access exclusive on addresses, cars, charges, charging_processes, drives, geofences, positions, states, tokens, updates

alter table cars
    alter id type bigint;

alter table addresses
    alter id type bigint,
    alter latitude type double precision,
    alter longitude type double precision;

alter table charging_processes
    alter id type bigint,
    alter charge_energy_added type double precision,
    alter charge_energy_used type double precision,
    alter start_ideal_range_km type double precision,
    alter end_ideal_range_km type double precision,
    alter start_rated_range_km type double precision,
    alter end_rated_range_km type double precision,
    alter start_battery_level type int,
    alter end_battery_level type int,
    alter duration_min type int,
    alter outside_temp_avg type double precision,
    alter car_id type bigint,
    alter position_id type bigint,
    alter address_id type bigint,
    alter geofence_id type bigint;

alter table drives
    alter id type bigint,
    alter car_id type bigint,
    alter outside_temp_avg type double precision,
    alter inside_temp_avg type double precision,
    alter speed_max type int,
    alter power_max type double precision,
    alter power_min type double precision,
    alter start_ideal_range_km type double precision,
    alter end_ideal_range_km type double precision,
    alter start_rated_range_km type double precision,
    alter end_rated_range_km type double precision,
    alter duration_min type int,
    alter start_position_id type bigint,
    alter end_position_id type bigint,
    alter start_address_id type bigint,
    alter end_address_id type bigint,
    alter start_geofence_id type bigint,
    alter end_geofence_id type bigint;

alter table geofences
    alter id type bigint,
    alter latitude type double precision,
    alter longitude type double precision,
    alter radius type double precision;

alter table positions
    alter id type bigint,
    alter car_id type bigint,
    alter drive_id type bigint,
    alter latitude type double precision,
    alter longitude type double precision,
    alter elevation type double precision,
    alter speed type int,
    alter power type double precision,
    alter ideal_battery_range_km type double precision,
    alter est_battery_range_km type double precision,
    alter rated_battery_range_km type double precision,
    alter battery_level type int,
    alter usable_battery_level type int,
    alter outside_temp type double precision,
    alter inside_temp type double precision,
    alter driver_temp_setting type double precision,
    alter passenger_temp_setting type double precision;

alter table charges
    alter id type bigint,
    alter charging_process_id type bigint,
    alter battery_level type int,
    alter usable_battery_level type int,
    alter charge_energy_added type double precision,
    alter charger_actual_current type int,
    alter charger_phases type int,
    alter charger_pilot_current type int,
    alter charger_power type double precision,
    alter charger_voltage type int,
    alter ideal_battery_range_km type double precision,
    alter rated_battery_range_km type double precision,
    alter outside_temp type double precision;

alter table states
    alter id type bigint,
    alter car_id type bigint;

alter table tokens
    alter id type bigint;

alter table updates
    alter id type bigint,
    alter car_id type bigint;
