-- PostgreSQL 17 brings functions that find each other whatever the search path is; making the extensions anew gets them, and removes the workarounds
-- of 2019. Where others built on the extensions, or a role may not make them, the workarounds stay: they do the same.

do $$
begin
    drop extension earthdistance;
    drop extension cube;
    create extension cube with schema public;
    create extension earthdistance with schema public;
exception when insufficient_privilege or dependent_objects_still_exist then
    raise notice 'cube and earthdistance stay as they are: %', sqlerrm;
end
$$;
