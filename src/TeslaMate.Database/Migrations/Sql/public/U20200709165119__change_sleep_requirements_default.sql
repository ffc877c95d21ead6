-- Locks: access exclusive on car_settings

alter table car_settings alter req_not_unlocked set default true;
