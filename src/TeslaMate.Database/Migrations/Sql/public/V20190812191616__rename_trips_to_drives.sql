-- Trips are drives from here on. Sequence, key, indexes and foreign keys of the table itself keep their old names for ever.
-- Locks: access exclusive on positions, trips

alter table trips rename to drives;
alter table positions rename trip_id to drive_id;
alter index positions_trip_id_index rename to positions_drive_id_index;
alter table positions rename constraint positions_trip_id_fkey to positions_drive_id_fkey;
