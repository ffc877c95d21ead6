-- Deleting a car deletes what was recorded of it; deleting a place, a position or a drive leaves what referred to it. The foreign keys of drives lose
-- their old names. Each key is checked anew.
-- Scans: charges, charging_processes, drives, positions, states, updates
-- Locks: access exclusive on addresses, car_settings, cars, charges, charging_processes, drives, geofences, positions, states, updates

alter table cars
    drop constraint if exists cars_settings_id_fkey,
    add constraint cars_settings_id_fkey foreign key (settings_id) references car_settings (id) on delete cascade;

alter table charges
    drop constraint if exists charges_charging_process_id_fkey,
    add constraint charges_charging_process_id_fkey
        foreign key (charging_process_id) references charging_processes (id) on delete cascade;

alter table charging_processes
    drop constraint if exists charging_processes_car_id_fkey,
    drop constraint if exists charging_processes_address_id_fkey,
    drop constraint if exists charging_processes_geofence_id_fkey,
    add constraint charging_processes_car_id_fkey foreign key (car_id) references cars (id) on delete cascade,
    add constraint charging_processes_address_id_fkey foreign key (address_id) references addresses (id) on delete set null,
    add constraint charging_processes_geofence_id_fkey foreign key (geofence_id) references geofences (id) on delete set null;

alter table drives
    drop constraint if exists trips_car_id_fkey,
    drop constraint if exists trips_start_address_id_fkey,
    drop constraint if exists trips_end_address_id_fkey,
    drop constraint if exists drives_car_id_fkey,
    drop constraint if exists drives_start_address_id_fkey,
    drop constraint if exists drives_end_address_id_fkey,
    drop constraint if exists drives_start_position_id_fkey,
    drop constraint if exists drives_end_position_id_fkey,
    drop constraint if exists drives_start_geofence_id_fkey,
    drop constraint if exists drives_end_geofence_id_fkey,
    add constraint drives_car_id_fkey foreign key (car_id) references cars (id) on delete cascade,
    add constraint drives_start_address_id_fkey foreign key (start_address_id) references addresses (id) on delete set null,
    add constraint drives_end_address_id_fkey foreign key (end_address_id) references addresses (id) on delete set null,
    add constraint drives_start_position_id_fkey foreign key (start_position_id) references positions (id) on delete set null,
    add constraint drives_end_position_id_fkey foreign key (end_position_id) references positions (id) on delete set null,
    add constraint drives_start_geofence_id_fkey foreign key (start_geofence_id) references geofences (id) on delete set null,
    add constraint drives_end_geofence_id_fkey foreign key (end_geofence_id) references geofences (id) on delete set null;

alter table positions
    drop constraint if exists positions_car_id_fkey,
    drop constraint if exists positions_drive_id_fkey,
    add constraint positions_car_id_fkey foreign key (car_id) references cars (id) on delete cascade,
    add constraint positions_drive_id_fkey foreign key (drive_id) references drives (id) on delete set null;

alter table states
    drop constraint if exists states_car_id_fkey,
    add constraint states_car_id_fkey foreign key (car_id) references cars (id) on delete cascade;

alter table updates
    drop constraint if exists updates_car_id_fkey,
    add constraint updates_car_id_fkey foreign key (car_id) references cars (id) on delete cascade;
