-- In which unit pressures are shown.
-- Locks: access exclusive on settings

create type unit_of_pressure as enum ('bar', 'psi');

alter table settings add unit_of_pressure unit_of_pressure not null default 'bar';
