drop index teslamate.charge_samples_readings_index;
alter table teslamate.charge_samples
    drop column position_id,
    drop column odometer_km,
    drop column latitude,
    drop column longitude;
