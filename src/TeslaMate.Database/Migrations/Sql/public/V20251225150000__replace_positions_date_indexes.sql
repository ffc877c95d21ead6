-- Positions are stored in order of time, so that a summary per block finds them as well as an entry per row, in a thousandth of the room.
-- Scans: positions
-- Locks: access exclusive on positions

drop index if exists positions_drive_id_date_index;
drop index if exists positions_date_index;

create index positions_date_index on positions using brin (date);
create index positions_drive_id_date_index on positions using brin (drive_id, date);
