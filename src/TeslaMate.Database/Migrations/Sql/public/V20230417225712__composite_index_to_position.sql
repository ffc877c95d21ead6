-- Dashboards read the positions of a drive in order of time.
-- Scans: positions
-- Locks: access exclusive on positions

create index positions_drive_id_date_index on positions (drive_id, date);

drop index if exists positions_drive_id_index;
