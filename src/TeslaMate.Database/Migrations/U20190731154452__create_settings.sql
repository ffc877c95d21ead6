-- Loses: the settings

drop table settings;
