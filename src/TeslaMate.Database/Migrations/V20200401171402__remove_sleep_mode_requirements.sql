-- Two requirements that no car needs any more are thrown away.

alter table car_settings
    drop req_no_shift_state_reading,
    drop req_no_temp_reading;
