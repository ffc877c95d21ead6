-- Functions and procedures that run inside statements on tables of the logbook and have no search path of their own.
with tables as (
    select oid from pg_class where relnamespace in (to_regnamespace('public'), to_regnamespace('private')) and relkind in ('r', 'p')
), called as (
    select tgfoid as oid from pg_trigger where not tgisinternal and tgrelid in (table tables)
    union
    select refobjid
    from pg_depend
    where refclassid = 'pg_proc'::regclass and (
        classid = 'pg_class'::regclass and objid in (select indexrelid from pg_index where indrelid in (table tables))
        or classid = 'pg_constraint'::regclass and objid in (select oid from pg_constraint where conrelid in (table tables))
        or classid = 'pg_attrdef'::regclass and objid in (select oid from pg_attrdef where adrelid in (table tables)))
)
select format('%s %s', case prokind when 'p' then 'procedure' else 'function' end, p.oid::regprocedure), pg_has_role(proowner, 'usage')
from pg_proc as p
join called on called.oid = p.oid
join pg_language as l on l.oid = prolang
where lanname not in ('c', 'internal') and prosqlbody is null and pronamespace <> 'pg_catalog'::regnamespace
    and not exists (select from unnest(proconfig) as setting where setting like 'search_path=%')
order by 1;
