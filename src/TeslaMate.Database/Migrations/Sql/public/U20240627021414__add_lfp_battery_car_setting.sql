-- Locks: access exclusive on car_settings
-- Loses: which cars have an LFP battery

alter table car_settings drop lfp_battery;
