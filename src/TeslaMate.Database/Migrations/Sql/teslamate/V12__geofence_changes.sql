-- A change of a geofence is one of the history too, and of all cars. Rows stay as they are; the lock lasts for a moment.
alter table teslamate.history_changes alter column car_id drop not null;
comment on column teslamate.history_changes.car_id is 'null for a change of a geofence, which is of all cars';
