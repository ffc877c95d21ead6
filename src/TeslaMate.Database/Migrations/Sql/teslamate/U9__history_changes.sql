-- Loses: what was recorded of changes to the history, so that they cannot be undone any more; the tags of drives and charges; where costs came from. The changes stay.
drop table teslamate.charge_costs;
drop table teslamate.charging_process_tags;
drop table teslamate.drive_tags;
drop table teslamate.history_moves;
drop table teslamate.history_rows;
drop table teslamate.history_changes;
