-- Joins and deletions follow the foreign keys.
-- Scans: charges, charging_processes, positions, states, trips, updates
-- Locks: share on charges, charging_processes, positions, states, trips, updates

create index charges_charging_process_id_index on charges (charging_process_id);
create index charging_processes_car_id_index on charging_processes (car_id);
create index charging_processes_position_id_index on charging_processes (position_id);
create index charging_processes_address_id_index on charging_processes (address_id);
create index positions_car_id_index on positions (car_id);
create index positions_trip_id_index on positions (trip_id);
create index states_car_id_index on states (car_id);
create index trips_car_id_index on trips (car_id);
create index trips_start_address_id_index on trips (start_address_id);
create index trips_end_address_id_index on trips (end_address_id);
create index updates_car_id_index on updates (car_id);
