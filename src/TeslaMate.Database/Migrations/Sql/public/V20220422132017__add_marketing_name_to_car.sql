-- How Tesla's shop calls the model.
-- Locks: access exclusive on cars

alter table cars add marketing_name varchar(255);
