-- A drive that waits to be computed again keeps what it was closed with; it changes with its next late position.
alter table teslamate.car_logs add column late_drive_id integer;
comment on column teslamate.car_logs.late_drive_id is 'the drive that the last late positions belong to';
drop table teslamate.late_drives;
