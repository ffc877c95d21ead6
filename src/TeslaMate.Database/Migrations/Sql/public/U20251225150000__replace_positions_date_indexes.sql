-- Scans: positions
-- Locks: access exclusive on positions

drop index positions_drive_id_date_index;
drop index positions_date_index;

create index if not exists positions_date_index on positions (date);
create index if not exists positions_drive_id_date_index on positions (drive_id, date);
