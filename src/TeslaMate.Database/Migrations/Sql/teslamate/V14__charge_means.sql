-- What series over years need of each charging process, beside what is kept of it already. It is kept anew: functions compute the newest meanwhile.
alter table teslamate.charge_samples
    add column power_mean double precision,
    add column current_mean double precision,
    add column voltage_mean double precision,
    add column added_max double precision,
    add column is_heated boolean,
    add column level_mean double precision;
delete from teslamate.charge_samples;
