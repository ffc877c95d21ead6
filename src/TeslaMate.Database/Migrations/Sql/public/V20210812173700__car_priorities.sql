-- In which order cars are listed.
-- Locks: access exclusive on cars

alter table cars add display_priority smallint default 1;
