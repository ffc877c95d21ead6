-- Two requirements that no car needs any more are thrown away.
-- Locks: access exclusive on car_settings

alter table car_settings
    drop req_no_shift_state_reading,
    drop req_no_temp_reading;
