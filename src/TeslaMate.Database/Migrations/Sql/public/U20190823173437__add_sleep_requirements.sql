-- Locks: access exclusive on settings
-- Loses: the three sleep requirements

alter table settings
    drop req_not_unlocked,
    drop req_no_temp_reading,
    drop req_no_shift_state_reading;
