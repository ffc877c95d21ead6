-- One row of what a migration has to know before it decides anything, as JSON; makes the session fit for long work on the way. $1: how long a
-- statement waits for a lock, in milliseconds.
with settings as (
    -- Only those that this server knows. Memory is raised, never lowered; kB.
    select set_config(name, wanted, false)
    from pg_settings
    join (
        values ('statement_timeout', '0', false), ('transaction_timeout', '0', false), ('idle_in_transaction_session_timeout', '0', false),
            ('idle_session_timeout', '0', false), ('lock_timeout', $1, false), ('jit', 'off', false), ('client_min_messages', 'notice', false),
            ('maintenance_work_mem', '262144', true), ('work_mem', '65536', true)
    ) as ours (setting_name, wanted, at_least) on name = setting_name
    where not at_least or setting::bigint < wanted::bigint
), facts as (
    select
        current_setting('server_version_num')::int / 10000 as major,
        split_part(current_setting('server_version'), ' ', 1) as version,
        current_database() as database,
        current_user as role,
        (select rolsuper from pg_roles where rolname = current_user) as is_superuser,
        pg_is_in_recovery() or current_setting('transaction_read_only')::bool as is_read_only,
        has_database_privilege(current_database(), 'create') as may_create_in_database,
        coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'create'), false) as may_create_in_public,
        to_regnamespace('public') is not null as has_public_schema,
        to_regclass('public.schema_migrations') is not null as has_schema_migrations,
        to_regclass('public.changelog') is not null as has_changelog,
        to_regnamespace('teslamate') is not null as has_own_schema,
        to_regclass('teslamate.undo_scripts') is not null as has_own_tables,
        coalesce(has_table_privilege(to_regclass('public.schema_migrations')::oid, 'select'), true)
            and coalesce(has_table_privilege(to_regclass('public.changelog')::oid, 'select'), true)
            and coalesce(has_schema_privilege(to_regnamespace('teslamate')::oid, 'usage'), true)
            and coalesce(has_table_privilege(to_regclass('teslamate.undo_scripts')::oid, 'select'), true) as may_read_records,
        exists (
            select from pg_roles r
            where rolname = 'teslamate' and (rolname = current_user or (select rolsuper from pg_roles where rolname = current_user))
                and not exists (
                    select from pg_db_role_setting, unnest(setconfig) as setting
                    where setrole = r.oid and setting like 'search\_path=%'
                        and setdatabase = (select oid from pg_database where datname = current_database()))) as has_namesake,
        (select count(*) from pg_class c
            where relnamespace = to_regnamespace('public') and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
                and relname not in ('schema_migrations', 'changelog', 'changelog_id_seq')
                and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')) as public_objects,
        pg_backend_pid() as process,
        (select count(*) from settings) as settings_made
)
select row_to_json(facts)::text from facts;
