-- What session $1 does, in words.
select coalesce(
    (select format('builds index %s on %s: %s%s', coalesce(index_relid::regclass::text, ''), relid::regclass, phase,
                   case when blocks_total > 0 then format(', %s %%', 100 * blocks_done / blocks_total)
                        when tuples_total > 0 then format(', %s %%', 100 * tuples_done / tuples_total)
                        else '' end)
     from pg_stat_progress_create_index where pid = $1),
    (select case when state = 'active' then left(regexp_replace(query, '(^|\n)\s*--[^\n]*|\s+', ' ', 'g'),
        120) else 'between two statements' end
     from pg_stat_activity where pid = $1),
    'the session is gone');
