-- The columns come back empty.

alter table drives
    add "consumption_kWh" double precision,
    add "consumption_kWh_100km" double precision;
