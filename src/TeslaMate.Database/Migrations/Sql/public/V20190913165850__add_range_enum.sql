-- Which of a car's two ranges is shown.
-- Locks: access exclusive on settings

create type range as enum ('ideal', 'rated');

alter table settings add preferred_range range not null default 'rated';
