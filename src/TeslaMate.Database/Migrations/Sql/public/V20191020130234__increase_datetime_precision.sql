-- Dates keep fractions of a second from here on. Those that exist are whole seconds and stay so; no table is rewritten.
-- Scans: states, updates
-- Locks: access exclusive on charges, charging_processes, drives, positions, states, updates

alter table charging_processes
    alter start_date type timestamp,
    alter end_date type timestamp;

alter table drives
    alter start_date type timestamp,
    alter end_date type timestamp;

alter table states
    alter start_date type timestamp,
    alter end_date type timestamp;

alter table updates
    alter start_date type timestamp,
    alter end_date type timestamp;

alter table charges alter date type timestamp;

alter table positions alter date type timestamp;
