-- Locks: access exclusive on charges, positions
-- Loses: the battery heater's state of positions and charges

alter table charges
    drop battery_heater_no_power,
    drop battery_heater;

alter table positions
    drop battery_heater_no_power,
    drop battery_heater_on,
    drop battery_heater;
