-- Where a car may fall asleep: everywhere but in some geofences, or only in some.
-- Locks: access exclusive on car_settings, share row exclusive on cars, geofences

alter table car_settings add sleep_mode_enabled boolean not null default true;

create table geofence_sleep_mode_whitelist (
    car_id bigint constraint geofence_sleep_mode_whitelist_car_id_fkey references cars (id) on delete cascade,
    geofence_id bigint constraint geofence_sleep_mode_whitelist_geofence_id_fkey references geofences (id) on delete cascade,
    constraint geofence_sleep_mode_whitelist_pkey primary key (car_id, geofence_id)
);

create table geofence_sleep_mode_blacklist (
    car_id bigint constraint geofence_sleep_mode_blacklist_car_id_fkey references cars (id) on delete cascade,
    geofence_id bigint constraint geofence_sleep_mode_blacklist_geofence_id_fkey references geofences (id) on delete cascade,
    constraint geofence_sleep_mode_blacklist_pkey primary key (car_id, geofence_id)
);
