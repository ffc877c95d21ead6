-- The columns come back empty.
-- Locks: access exclusive on drives

alter table drives
    add "consumption_kWh" double precision,
    add "consumption_kWh_100km" double precision;
