-- Locks: access exclusive on settings
-- Loses: the settings

drop table settings;
