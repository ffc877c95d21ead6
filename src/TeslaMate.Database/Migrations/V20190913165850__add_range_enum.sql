-- Which of a car's two ranges is shown.

create type range as enum ('ideal', 'rated');

alter table settings add preferred_range range not null default 'rated';
