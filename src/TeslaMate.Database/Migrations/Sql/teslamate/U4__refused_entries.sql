-- Loses: entries of the logbook that the database did not accept and that were not sent again.
drop table teslamate.refused_entries;
