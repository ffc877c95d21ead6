-- Locks: access exclusive on car_settings
-- Loses: which cars are not logged; all are

alter table car_settings drop enabled;
