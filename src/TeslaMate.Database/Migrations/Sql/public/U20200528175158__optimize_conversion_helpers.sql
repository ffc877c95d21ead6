drop function convert_celsius(numeric, text);
drop function convert_km(numeric, text);

create function convert_celsius(n double precision, unit text) returns double precision
language sql immutable strict as $$
    select case when $2 = 'C' then $1
                when $2 = 'F' then ($1 * 9 / 5) + 32
           end
$$;

create function convert_km(n double precision, unit text) returns double precision
language sql immutable strict as $$
    select case when $2 = 'km' then $1
                when $2 = 'mi' then $1 / 1.60934
           end
$$;
