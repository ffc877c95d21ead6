-- Functions and operators in schema public of untrusted owners that stand in front of those of the server itself.
with things as (
    select 'function' as kind, p.oid::regprocedure::text as name, proowner as owner, p.oid, 'pg_proc'::regclass as class, proname as word
    from pg_proc p
    where pronamespace = to_regnamespace('public')
    union all
    select 'operator', o.oid::regoperator::text, oprowner, o.oid, 'pg_operator'::regclass, oprname from pg_operator o
    where oprnamespace = to_regnamespace('public')
)
select kind, name, pg_get_userbyid(owner)
from things
where owner <> current_user::regrole and not (select rolsuper from pg_roles where oid = owner)
  and owner <> (select datdba from pg_database where datname = current_database())
  and not exists (select from pg_depend where classid = class and objid = things.oid and deptype = 'e')
  and (exists (select from pg_proc where pronamespace = to_regnamespace('pg_catalog') and proname = word)
       or exists (select from pg_operator where oprnamespace = to_regnamespace('pg_catalog') and oprname = word)
       or exists (
           select from pg_depend join pg_proc on objid = pg_proc.oid
           where classid = 'pg_proc'::regclass and deptype = 'e' and proname = word))
