-- Scans: positions
-- Locks: access exclusive on positions

create index positions_drive_id_index on positions (drive_id);

drop index positions_drive_id_date_index;
