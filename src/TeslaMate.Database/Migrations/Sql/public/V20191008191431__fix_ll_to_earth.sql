-- Restoring a dump builds indexes with an empty search path, so the function names everything in full. A role that does not own it leaves it as it is.

do $step$
begin
    create or replace function ll_to_earth(double precision, double precision) returns public.earth
    language sql immutable strict parallel safe as $$
        select public.cube(public.cube(public.cube(
                   public.earth() * cos(radians($1)) * cos(radians($2))),
                   public.earth() * cos(radians($1)) * sin(radians($2))),
                   public.earth() * sin(radians($1)))::public.earth
    $$;
exception when insufficient_privilege then
    raise notice 'll_to_earth stays as it is: %', sqlerrm;
end
$step$;
