-- How long logging pauses to let a car fall asleep, and after how long idling.
-- Locks: access exclusive on settings

alter table settings
    add suspend_min int not null default 12,
    add suspend_after_idle_min int not null default 15;
