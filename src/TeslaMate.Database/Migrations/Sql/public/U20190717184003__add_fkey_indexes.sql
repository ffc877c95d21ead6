-- Locks: access exclusive on charges, charging_processes, positions, states, trips, updates

drop index updates_car_id_index;
drop index trips_end_address_id_index;
drop index trips_start_address_id_index;
drop index trips_car_id_index;
drop index states_car_id_index;
drop index positions_trip_id_index;
drop index positions_car_id_index;
drop index charging_processes_address_id_index;
drop index charging_processes_position_id_index;
drop index charging_processes_car_id_index;
drop index charges_charging_process_id_index;
