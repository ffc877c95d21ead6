-- Phases that became unknown stay unknown.
-- Locks: access exclusive on charges

alter table charges drop constraint positive_charger_phases;
