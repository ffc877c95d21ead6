-- In which order cars are listed.

alter table cars add display_priority smallint default 1;
