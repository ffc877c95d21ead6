-- A car is in one state at a time, and nothing ends before it starts. Rows that say otherwise stop the step.
-- Scans: states, updates
-- Locks: access exclusive on states, updates

create unique index "states_car_id__end_date_IS_NULL_index" on states (car_id, (end_date is null)) where end_date is null;

alter table states add constraint positive_duration check (end_date >= start_date);
alter table updates add constraint positive_duration check (end_date >= start_date);
