-- Prices in currencies of small units need more digits. Only the catalog changes.
-- Locks: access exclusive on charging_processes, geofences

alter table charging_processes alter cost type numeric(14, 2);

alter table geofences
    alter cost_per_unit type numeric(9, 4),
    alter session_fee type numeric(14, 2);
