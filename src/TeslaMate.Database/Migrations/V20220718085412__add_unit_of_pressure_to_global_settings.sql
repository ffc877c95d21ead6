-- In which unit pressures are shown.

create type unit_of_pressure as enum ('bar', 'psi');

alter table settings add unit_of_pressure unit_of_pressure not null default 'bar';
