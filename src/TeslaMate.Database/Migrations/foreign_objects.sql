-- Of the tables, enumerated types and functions called $1 those that the role does not own.
with objects as (
    select 'table' as kind, relnamespace as namespace, relname as name, '' as arguments, relowner as owner
    from pg_class
    union all
    select 'type', typnamespace, typname, '', typowner
    from pg_type
    where typtype = 'e'
    union all
    select 'function', pronamespace, proname, format('(%s)', pg_get_function_identity_arguments(oid)), proowner
    from pg_proc
)
select distinct kind, format('%I.%I%s', nspname, name, arguments), pg_get_userbyid(owner)
from objects
join pg_namespace on pg_namespace.oid = namespace
where format('%s.%s%s', nspname, name, arguments) = any ($1) and not pg_has_role(owner, 'usage')
order by 2;
