-- Drives that are to be computed again, because positions came late for them (spec fleet-telemetry 4.5): one row a drive, written together with the
-- positions, so that an end of the program in between forgets none. The table is new and empty; it replaces a column that knew one drive of each car.
create table teslamate.late_drives (
    drive_id integer not null constraint late_drives_pkey primary key,
    car_id smallint not null
        constraint late_drives_car_id_fkey references public.cars (id) on delete cascade
);
comment on table teslamate.late_drives is 'closed drives that got positions since they were computed';

alter table teslamate.car_logs drop column late_drive_id;
