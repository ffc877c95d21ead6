do $step$
begin
    create or replace function ll_to_earth(double precision, double precision) returns earth
    language sql immutable strict parallel safe set search_path = public as $$
        select cube(cube(cube(
                   earth() * cos(radians($1)) * cos(radians($2))),
                   earth() * cos(radians($1)) * sin(radians($2))),
                   earth() * sin(radians($1)))::earth
    $$;
exception when insufficient_privilege then
    raise notice 'll_to_earth stays as it is: %', sqlerrm;
end
$step$;
