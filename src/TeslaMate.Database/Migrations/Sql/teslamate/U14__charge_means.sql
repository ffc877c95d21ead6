alter table teslamate.charge_samples
    drop column power_mean,
    drop column current_mean,
    drop column voltage_mean,
    drop column added_max,
    drop column is_heated,
    drop column level_mean;
