-- What others made of columns and functions that versions change or drop. $1 to $4: the columns' tables and names, whether they are dropped, and by
-- which version; $5 and $6: the functions, and by which version; $7: the constraints that versions make, and drop themselves.
with changed as (
    select version, format('column %s of %s', column_name, name) as what, 'pg_class'::regclass as class, attrelid as object,
        attnum::int as part, drops, 1 as place, position
    from unnest($1::text[], $2::text[], $3::bool[], $4::text[]) with ordinality as _ (name, column_name, drops, version, position)
    join pg_attribute on attrelid = to_regclass(name) and attname = column_name and not attisdropped
    union all
    select version, format('function %s', name), 'pg_proc'::regclass, oid, 0, true, 2, position
    from unnest($5::text[], $6::text[]) with ordinality as _ (name, version, position)
    join pg_proc on name = format('%s.%s(%s)', pronamespace::regnamespace, proname, pg_get_function_identity_arguments(oid))
)
select version, what, kind, dependent.name, on_table, definition
from changed
join pg_depend d on d.refclassid = changed.class and d.refobjid = changed.object and d.refobjsubid = changed.part
cross join lateral (
    select case relkind when 'm' then 'materialized view' else 'view' end, ev_class::regclass::text, null,
        format('select pg_get_viewdef(%L);', ev_class::regclass), relnamespace
    from pg_rewrite join pg_class on pg_class.oid = ev_class
    where d.classid = 'pg_rewrite'::regclass and pg_rewrite.oid = d.objid and relkind in ('v', 'm')
    union all
    select 'rule', quote_ident(rulename), ev_class::regclass::text,
        format('select pg_get_ruledef(%s);', pg_rewrite.oid), relnamespace
    from pg_rewrite join pg_class on pg_class.oid = ev_class
    where d.classid = 'pg_rewrite'::regclass and pg_rewrite.oid = d.objid and relkind not in ('v', 'm')
    union all
    select 'trigger', quote_ident(tgname), tgrelid::regclass::text,
        format('select pg_get_triggerdef(%s);', oid), null
    from pg_trigger
    where d.classid = 'pg_trigger'::regclass and oid = d.objid and not tgisinternal
    union all
    -- Another table's key keeps a column from being dropped; it follows a change of type.
    select case contype when 'f' then 'foreign key' else 'constraint' end, quote_ident(conname), conrelid::regclass::text,
        format('select pg_get_constraintdef(%s);', oid), connamespace
    from pg_constraint
    where d.classid = 'pg_constraint'::regclass and oid = d.objid and drops and not conname = any ($7)
        and case when class = 'pg_proc'::regclass then conrelid <> 0 else contype = 'f' and conrelid <> changed.object end
    union all
    select 'index', oid::regclass::text, null, format('select pg_get_indexdef(%s);', oid), relnamespace
    from pg_class
    where class = 'pg_proc'::regclass and d.classid = 'pg_class'::regclass and oid = d.objid and relkind in ('i', 'I')
    union all
    select 'policy', quote_ident(polname), polrelid::regclass::text,
        format('select * from pg_policies where policyname = %L;', polname), null
    from pg_policy
    where d.classid = 'pg_policy'::regclass and oid = d.objid
    union all
    -- A plain default follows its column.
    select case attgenerated when '' then 'default' else 'generated column' end, quote_ident(attname), adrelid::regclass::text,
        format('select pg_get_expr(adbin, adrelid) from pg_attrdef where oid = %s;', pg_attrdef.oid), null
    from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
    where d.classid = 'pg_attrdef'::regclass and pg_attrdef.oid = d.objid and adnum <> changed.part
        and (attgenerated <> '' or class = 'pg_proc'::regclass)
    union all
    select 'function', oid::regprocedure::text, null, format('select pg_get_functiondef(%s);', oid), pronamespace
    from pg_proc
    where d.classid = 'pg_proc'::regclass and oid = d.objid
) as dependent (kind, name, on_table, definition, namespace)
-- Our own tables go before what they refer to.
where namespace is distinct from coalesce(to_regnamespace('teslamate')::oid, 1)
order by place, position;
