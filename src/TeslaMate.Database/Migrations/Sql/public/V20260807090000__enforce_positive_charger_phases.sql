-- A charger has at least one phase or none that it knows of: 0 meant the latter.
-- Scans: charges
-- Locks: access exclusive on charges

update charges set charger_phases = null where charger_phases <= 0;

alter table charges add constraint positive_charger_phases check (charger_phases > 0);
