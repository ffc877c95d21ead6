-- The workarounds come back, as far as the role may.

do $step$
begin
    alter function earth_box set search_path = public;
    create or replace function ll_to_earth(double precision, double precision) returns public.earth
    language sql immutable strict parallel safe as $$
        select public.cube(public.cube(public.cube(
                   public.earth() * cos(radians($1)) * cos(radians($2))),
                   public.earth() * cos(radians($1)) * sin(radians($2))),
                   public.earth() * sin(radians($1)))::public.earth
    $$;
exception when insufficient_privilege then
    raise notice 'The functions of earthdistance stay as they are: %', sqlerrm;
end
$step$;
