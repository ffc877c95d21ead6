-- Rewrites all six tables.
-- Rewrites: charges, charging_processes, drives, positions, states, updates
-- Locks: access exclusive on charges, charging_processes, drives, positions, states, updates
-- Loses: fractions of a second; dates are rounded to the nearest second

alter table positions alter date type timestamp(0);

alter table charges alter date type timestamp(0);

alter table updates
    alter end_date type timestamp(0),
    alter start_date type timestamp(0);

alter table states
    alter end_date type timestamp(0),
    alter start_date type timestamp(0);

alter table drives
    alter end_date type timestamp(0),
    alter start_date type timestamp(0);

alter table charging_processes
    alter end_date type timestamp(0),
    alter start_date type timestamp(0);
