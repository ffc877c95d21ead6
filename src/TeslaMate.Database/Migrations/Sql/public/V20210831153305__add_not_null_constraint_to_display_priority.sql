-- Every car has a place in the list. A row that was set to null in between stops the step.
-- Locks: access exclusive on cars

alter table cars
    alter display_priority set default 1,
    alter display_priority set not null;
