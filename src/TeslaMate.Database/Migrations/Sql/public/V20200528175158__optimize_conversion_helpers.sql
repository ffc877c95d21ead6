-- The columns that dashboards convert are numeric now, so that the functions need not cast. They are volatile, which is not needed but is what other
-- programs see.

drop function if exists public.convert_km(double precision, text);
drop function if exists public.convert_celsius(double precision, text);

create or replace function convert_km(n numeric, unit text) returns numeric
language sql as $$
    select case $2 when 'km' then $1
                   when 'mi' then $1 / 1.60934
           end
$$;

create or replace function convert_celsius(n numeric, unit text) returns numeric
language sql as $$
    select case $2 when 'C' then $1
                   when 'F' then ($1 * 9 / 5) + 32
           end
$$;
