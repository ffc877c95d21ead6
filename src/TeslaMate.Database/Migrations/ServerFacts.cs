using System.Data;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>What the engine has to know about the server, the role and the database before it decides anything; one round trip.</summary>
sealed record ServerFacts
{
    public required int Major { get; init; }

    public required string Version { get; init; }

    public required string Database { get; init; }

    public required string Role { get; init; }

    public required bool IsSuperuser { get; init; }

    /// <summary>A standby, or a role or database whose transactions are read-only.</summary>
    public required bool IsReadOnly { get; init; }

    public required bool MayCreateInDatabase { get; init; }

    public required bool MayCreateInPublic { get; init; }

    public required bool HasPublicSchema { get; init; }

    public required bool HasSchemaMigrations { get; init; }

    public required bool HasChangelog { get; init; }

    public required bool HasOwnSchema { get; init; }

    public required bool HasOwnTables { get; init; }

    /// <summary>Whether the role may read the tables of applied versions; true when they are not there.</summary>
    public required bool MayReadRecords { get; init; }

    /// <summary>
    /// Whether a role is called like our schema, so that PostgreSQL's usual search path ("$user", public) would lead its programs, the reference
    /// among them, into our schema; and whether this session may and has yet to prevent that.
    /// </summary>
    public required bool HasNamesake { get; init; }

    /// <summary>
    /// How many relations, types and functions <c>public</c> holds that no extension brought and that are not <c>schema_migrations</c> or
    /// <c>changelog</c>.
    /// </summary>
    public required long PublicObjects { get; init; }

    /// <summary>This session, as <c>pg_stat_activity</c> calls it.</summary>
    public required int Process { get; init; }

    /// <summary>Reads the facts, and makes the session fit for long work: no limit of time but for locks, more memory, one schema.</summary>
    /// <param name="longestLock">How long a statement waits for a table that another session keeps to itself.</param>
    public static async Task<ServerFacts> ReadAsync(NpgsqlConnection connection, TimeSpan longestLock, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            with settings as (
                -- Only those that this server knows. Memory is raised, never lowered; kB.
                select set_config(name, wanted, false)
                from pg_settings
                join (values ('statement_timeout', '0', false), ('transaction_timeout', '0', false),
                    ('idle_in_transaction_session_timeout', '0', false),
                             ('idle_session_timeout', '0', false), ('jit', 'off', false),
                             ('lock_timeout', '{(long)longestLock.TotalMilliseconds}', false), ('client_min_messages', 'notice', false),
                             ('maintenance_work_mem', '262144', true), ('work_mem', '65536', true)) as ours (setting_name, wanted, at_least)
                    on name = setting_name
                where not at_least or setting::bigint < wanted::bigint
            )
            select
                current_setting('server_version_num')::int / 10000 as major,
                split_part(current_setting('server_version'), ' ', 1) as version,
                current_database()::text as database,
                current_user::text as role,
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
                        and not exists (
                            select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')) as public_objects,
                pg_backend_pid() as process,
                (select count(*) from settings) as settings_made
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new ServerFacts
        {
            Major = reader.GetInt32("major"),
            Version = reader.GetString("version"),
            Database = reader.GetString("database"),
            Role = reader.GetString("role"),
            IsSuperuser = reader.GetBoolean("is_superuser"),
            IsReadOnly = reader.GetBoolean("is_read_only"),
            MayCreateInDatabase = reader.GetBoolean("may_create_in_database"),
            MayCreateInPublic = reader.GetBoolean("may_create_in_public"),
            HasPublicSchema = reader.GetBoolean("has_public_schema"),
            HasSchemaMigrations = reader.GetBoolean("has_schema_migrations"),
            HasChangelog = reader.GetBoolean("has_changelog"),
            HasOwnSchema = reader.GetBoolean("has_own_schema"),
            HasOwnTables = reader.GetBoolean("has_own_tables"),
            MayReadRecords = reader.GetBoolean("may_read_records"),
            HasNamesake = reader.GetBoolean("has_namesake"),
            PublicObjects = reader.GetInt64("public_objects"),
            Process = reader.GetInt32("process"),
        };
    }
}
