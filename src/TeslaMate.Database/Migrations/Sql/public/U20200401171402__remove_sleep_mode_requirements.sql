-- Both come back switched off.
-- Locks: access exclusive on car_settings

alter table car_settings
    add req_no_temp_reading boolean not null default false,
    add req_no_shift_state_reading boolean not null default false;
