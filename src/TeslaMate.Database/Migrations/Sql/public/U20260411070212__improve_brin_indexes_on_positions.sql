-- Scans: positions
-- Locks: access exclusive on positions

drop index positions_drive_id_date_timestamp_minmax_multi_ops_index;
drop index positions_date_timestamp_minmax_multi_ops_index;

create index positions_date_index on positions using brin (date);
create index positions_drive_id_date_index on positions using brin (drive_id, date);
