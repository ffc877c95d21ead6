-- Locks: access exclusive on settings
-- Loses: both suspend settings

alter table settings
    drop suspend_after_idle_min,
    drop suspend_min;
