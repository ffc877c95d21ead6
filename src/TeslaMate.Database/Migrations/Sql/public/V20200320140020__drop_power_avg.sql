-- An average over unevenly spaced positions says nothing.
-- Locks: access exclusive on drives

alter table drives drop power_avg;
