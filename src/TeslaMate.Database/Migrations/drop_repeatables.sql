-- Drops, whatever the order among them, the views and functions that the files of this program make (setting teslamate.repeatables, a name a line) or
-- that the last program here made; stops at what others have built on them. Forgets that they were made.
do $$
declare
    names text[] := string_to_array(current_setting('teslamate.repeatables'), E'\n')
        || coalesce((select string_to_array(sql, E'\n') from teslamate.undo_scripts where own and version = 0), array[]::text[]);
    object record;
    dropped boolean;
    used text;
begin
    loop
        dropped := false;
        used := null;
        for object in
            select case relkind when 'v' then 'view' else 'materialized view' end as kind, c.oid::regclass::text as name
            from pg_class c where relnamespace = to_regnamespace('teslamate') and relkind in ('v', 'm') and relname = any (names)
            union all
            select case prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end, p.oid::regprocedure::text
            from pg_proc p where pronamespace = to_regnamespace('teslamate') and proname = any (names)
        loop
            begin
                execute format('drop %s %s', object.kind, object.name);
                dropped := true;
            exception when dependent_objects_still_exist then
                get stacked diagnostics used = pg_exception_detail;
            end;
        end loop;
        exit when not dropped;
    end loop;
    if used is not null then
        raise exception using errcode = '2BP01', message = 'the views of schema teslamate are used by what others have added', detail = used;
    end if;
end
$$;
delete from teslamate.undo_scripts where own and version = 0;
delete from teslamate.changelog where type = 4;
