-- A charging process has a beginning; that the column allowed null was a slip of 2019. A row without one stops the step.
-- Scans: charging_processes
-- Locks: access exclusive on charging_processes

alter table charging_processes alter start_date set not null;
