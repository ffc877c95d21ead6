-- Locks: access exclusive on drives, positions

alter table positions rename constraint positions_drive_id_fkey to positions_trip_id_fkey;
alter index positions_drive_id_index rename to positions_trip_id_index;
alter table positions rename drive_id to trip_id;
alter table drives rename to trips;
