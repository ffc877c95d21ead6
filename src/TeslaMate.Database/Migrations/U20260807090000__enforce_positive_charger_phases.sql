-- Phases that became unknown stay unknown.

alter table charges drop constraint positive_charger_phases;
