-- The schema of a database as comparable lines, one fact a line, equal on PostgreSQL 15 to 18. Left out: schema teslamate, owners, privileges, what
-- belongs to extensions, and the migration tables.
with path as materialized (
  -- Functions are looked up by the path of the connection, which is older; names are said by this one.
  select set_config('search_path', 'public', true) as path
), ns as (
  select oid, nspname from pg_namespace
  where (select path from path) = 'public' and nspname not like 'pg\_%' and nspname not in ('information_schema', 'teslamate')
), ext as (
  select classid, objid from pg_depend where deptype = 'e'
), facts as (
  select 'schema ' || nspname as line from ns
  union all
  select format('extension %s in %s', e.extname, n.nspname)
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname <> 'plpgsql'
  union all
  select format('enum %s.%s: %s', n.nspname, t.typname,
                (select string_agg(enumlabel, ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid))
  from pg_type t join ns n on n.oid = t.typnamespace
  where t.typtype = 'e' and not exists (select 1 from ext where objid = t.oid)
  union all
  select format('%s %s.%s', case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
                             when 'm' then 'materialized view' else 'relation' end, n.nspname, c.relname)
  from pg_class c join ns n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm') and c.relname not in ('schema_migrations', 'changelog')
  union all
  select format('column %s.%s #%s %s %s%s%s', n.nspname, c.relname,
                lpad((row_number() over (partition by c.oid order by a.attnum))::text, 2, '0'), a.attname,
                format_type(a.atttypid, a.atttypmod), case when a.attnotnull then ' not null' else '' end,
                coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''))
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid join ns n on n.oid = c.relnamespace
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped
    and c.relname not in ('schema_migrations', 'changelog')
  union all
  select format('constraint %s.%s %s %s%s', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid),
                case when k.convalidated then '' else ' (not validated)' end)
  from pg_constraint k join pg_class c on c.oid = k.conrelid join ns n on n.oid = c.relnamespace
  where k.contype in ('p', 'u', 'f', 'c', 'x') and c.relname not in ('schema_migrations', 'changelog')
  union all
  select format('index %s', pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (invalid)' end)
  from pg_index i join pg_class c on c.oid = i.indrelid join ns n on n.oid = c.relnamespace
  where c.relname not in ('schema_migrations', 'changelog')
  union all
  select format('sequence %s.%s as %s owned by %s', n.nspname, c.relname, format_type(s.seqtypid, null),
                coalesce((select format('%s.%s', dc.relname, da.attname) from pg_depend dp
                          join pg_class dc on dc.oid = dp.refobjid join pg_attribute da on da.attrelid = dc.oid and da.attnum = dp.refobjsubid
                          where dp.objid = c.oid and dp.deptype in ('a', 'i') limit 1), 'none'))
  from pg_sequence s join pg_class c on c.oid = s.seqrelid join ns n on n.oid = c.relnamespace
  where c.relname not like 'changelog%'
  union all
  select format('function %s.%s(%s) returns %s language %s %s%s%s md5(body without blanks)=%s', n.nspname, p.proname,
                pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), l.lanname,
                case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
                case when p.proisstrict then ' strict' else '' end,
                case p.proparallel when 's' then ' parallel safe' when 'r' then ' parallel restricted' else '' end,
                md5(lower(regexp_replace(coalesce(p.prosrc, ''), '\s|;', '', 'g'))))
  from pg_proc p join ns n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  where not exists (select 1 from ext where objid = p.oid and classid = 'pg_proc'::regclass)
  union all
  select format('trigger %s.%s %s', n.nspname, c.relname, pg_get_triggerdef(t.oid))
  from pg_trigger t join pg_class c on c.oid = t.tgrelid join ns n on n.oid = c.relnamespace where not t.tgisinternal
  union all
  select format('comment on %s.%s %s: %s', n.nspname, c.relname, d.objsubid, d.description)
  from pg_description d join pg_class c on c.oid = d.objoid and d.classoid = 'pg_class'::regclass join ns n on n.oid = c.relnamespace
)
select line from facts order by line collate "C";
