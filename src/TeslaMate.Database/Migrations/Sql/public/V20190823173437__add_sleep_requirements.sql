-- What must hold before logging pauses.
-- Locks: access exclusive on settings

alter table settings
    add req_no_shift_state_reading boolean not null default false,
    add req_no_temp_reading boolean not null default false,
    add req_not_unlocked boolean not null default true;
