-- Elevations in the user's unit. An unknown unit gives null.

create function convert_m(n double precision, unit text) returns double precision
language sql immutable strict as $$
    select case when $2 = 'm' then $1
                when $2 = 'ft' then $1 * 3.28084
           end
$$;
