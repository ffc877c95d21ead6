-- The foreign keys as they were, including the old names on drives, without which addresses could not be separated from trips further down.
-- Scans: charges, charging_processes, drives, positions, states, updates
-- Locks: access exclusive on addresses, car_settings, cars, charges, charging_processes, drives, geofences, positions, states, updates

alter table updates
    drop constraint updates_car_id_fkey,
    add constraint updates_car_id_fkey foreign key (car_id) references cars (id);

alter table states
    drop constraint states_car_id_fkey,
    add constraint states_car_id_fkey foreign key (car_id) references cars (id);

alter table positions
    drop constraint positions_drive_id_fkey,
    drop constraint positions_car_id_fkey,
    add constraint positions_drive_id_fkey foreign key (drive_id) references drives (id),
    add constraint positions_car_id_fkey foreign key (car_id) references cars (id);

alter table drives
    drop constraint drives_end_geofence_id_fkey,
    drop constraint drives_start_geofence_id_fkey,
    drop constraint drives_end_position_id_fkey,
    drop constraint drives_start_position_id_fkey,
    drop constraint drives_end_address_id_fkey,
    drop constraint drives_start_address_id_fkey,
    drop constraint drives_car_id_fkey,
    add constraint drives_end_geofence_id_fkey foreign key (end_geofence_id) references geofences (id),
    add constraint drives_start_geofence_id_fkey foreign key (start_geofence_id) references geofences (id),
    add constraint drives_end_position_id_fkey foreign key (end_position_id) references positions (id),
    add constraint drives_start_position_id_fkey foreign key (start_position_id) references positions (id),
    add constraint trips_end_address_id_fkey foreign key (end_address_id) references addresses (id),
    add constraint trips_start_address_id_fkey foreign key (start_address_id) references addresses (id),
    add constraint trips_car_id_fkey foreign key (car_id) references cars (id);

alter table charging_processes
    drop constraint charging_processes_geofence_id_fkey,
    drop constraint charging_processes_address_id_fkey,
    drop constraint charging_processes_car_id_fkey,
    add constraint charging_processes_geofence_id_fkey foreign key (geofence_id) references geofences (id),
    add constraint charging_processes_address_id_fkey foreign key (address_id) references addresses (id),
    add constraint charging_processes_car_id_fkey foreign key (car_id) references cars (id);

alter table charges
    drop constraint charges_charging_process_id_fkey,
    add constraint charges_charging_process_id_fkey foreign key (charging_process_id) references charging_processes (id);

alter table cars
    drop constraint cars_settings_id_fkey,
    add constraint cars_settings_id_fkey foreign key (settings_id) references car_settings (id);
