-- Locks: access exclusive on cars

alter table cars alter display_priority drop not null;
