-- Loses: the record of changes to the history, which can be undone no more but stay; the tags of drives and charges; where costs came from.
drop table teslamate.charge_costs;
drop table teslamate.charging_process_tags;
drop table teslamate.drive_tags;
drop table teslamate.history_moves;
drop table teslamate.history_rows;
drop table teslamate.history_changes;
