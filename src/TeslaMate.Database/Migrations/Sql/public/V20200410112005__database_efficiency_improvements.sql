-- Narrower types: the tables shrink by about a third. Every table is rewritten with all its indexes. Values are rounded to the digits that cars report;
-- one that does not fit stops the step.
-- Rewrites: addresses, cars, charges, charging_processes, drives, geofences, positions, states, tokens, updates
-- Locks: access exclusive on addresses, cars, charges, charging_processes, drives, geofences, positions, states, tokens, updates

alter table cars
    alter id type smallint;

alter table addresses
    alter id type int,
    alter latitude type numeric(8, 6),
    alter longitude type numeric(9, 6);

alter table charging_processes
    alter id type int,
    alter charge_energy_added type numeric(8, 2),
    alter charge_energy_used type numeric(8, 2),
    alter start_ideal_range_km type numeric(6, 2),
    alter end_ideal_range_km type numeric(6, 2),
    alter start_rated_range_km type numeric(6, 2),
    alter end_rated_range_km type numeric(6, 2),
    alter start_battery_level type smallint,
    alter end_battery_level type smallint,
    alter duration_min type smallint,
    alter outside_temp_avg type numeric(4, 1),
    alter car_id type smallint,
    alter position_id type int,
    alter address_id type int,
    alter geofence_id type int;

alter table drives
    alter id type int,
    alter car_id type smallint,
    alter outside_temp_avg type numeric(4, 1),
    alter inside_temp_avg type numeric(4, 1),
    alter speed_max type smallint,
    alter power_max type smallint,
    alter power_min type smallint,
    alter start_ideal_range_km type numeric(6, 2),
    alter end_ideal_range_km type numeric(6, 2),
    alter start_rated_range_km type numeric(6, 2),
    alter end_rated_range_km type numeric(6, 2),
    alter duration_min type smallint,
    alter start_position_id type int,
    alter end_position_id type int,
    alter start_address_id type int,
    alter end_address_id type int,
    alter start_geofence_id type int,
    alter end_geofence_id type int;

alter table geofences
    alter id type int,
    alter latitude type numeric(8, 6),
    alter longitude type numeric(9, 6),
    alter radius type smallint;

alter table positions
    alter id type int,
    alter car_id type smallint,
    alter drive_id type int,
    alter latitude type numeric(8, 6),
    alter longitude type numeric(9, 6),
    alter elevation type smallint,
    alter speed type smallint,
    alter power type smallint,
    alter ideal_battery_range_km type numeric(6, 2),
    alter est_battery_range_km type numeric(6, 2),
    alter rated_battery_range_km type numeric(6, 2),
    alter battery_level type smallint,
    alter usable_battery_level type smallint,
    alter outside_temp type numeric(4, 1),
    alter inside_temp type numeric(4, 1),
    alter driver_temp_setting type numeric(4, 1),
    alter passenger_temp_setting type numeric(4, 1);

alter table charges
    alter id type int,
    alter charging_process_id type int,
    alter battery_level type smallint,
    alter usable_battery_level type smallint,
    alter charge_energy_added type numeric(8, 2),
    alter charger_actual_current type smallint,
    alter charger_phases type smallint,
    alter charger_pilot_current type smallint,
    alter charger_power type smallint,
    alter charger_voltage type smallint,
    alter ideal_battery_range_km type numeric(6, 2),
    alter rated_battery_range_km type numeric(6, 2),
    alter outside_temp type numeric(4, 1);

alter table states
    alter id type int,
    alter car_id type smallint;

alter table tokens
    alter id type int;

alter table updates
    alter id type int,
    alter car_id type smallint;
