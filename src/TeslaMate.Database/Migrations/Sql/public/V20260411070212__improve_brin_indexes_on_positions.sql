-- Imported positions are not stored in order of time: several ranges per block keep the summaries useful, and new blocks are summarized at once.
-- Scans: positions
-- Locks: access exclusive on positions

drop index if exists positions_date_index;
drop index if exists positions_drive_id_date_index;

create index positions_date_timestamp_minmax_multi_ops_index
    on positions using brin (date timestamp_minmax_multi_ops)
    with (autosummarize = true, pages_per_range = 64);

create index positions_drive_id_date_timestamp_minmax_multi_ops_index
    on positions using brin (drive_id, date timestamp_minmax_multi_ops)
    with (autosummarize = true, pages_per_range = 64);
