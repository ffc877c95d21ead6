-- Loses: the record of changes of geofences, which can be undone no more but stay.
delete from teslamate.history_changes where car_id is null;
alter table teslamate.history_changes alter column car_id set not null;
comment on column teslamate.history_changes.car_id is null;
