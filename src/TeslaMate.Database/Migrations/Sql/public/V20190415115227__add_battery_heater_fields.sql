-- Whether the battery is heated; unknown for what was recorded before.
-- Locks: access exclusive on charges, positions

alter table positions
    add battery_heater boolean,
    add battery_heater_on boolean,
    add battery_heater_no_power boolean;

alter table charges
    add battery_heater boolean,
    add battery_heater_no_power boolean;
