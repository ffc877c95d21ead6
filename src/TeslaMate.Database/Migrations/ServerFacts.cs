using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>What the engine has to know about the server, the role and the database before it decides anything; one round trip.</summary>
sealed record ServerFacts
{
    /// <summary>For example 170003 for 17.3.</summary>
    public required int VersionNumber { get; init; }

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

    public int Major => VersionNumber / 10000;

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
            select current_setting('server_version_num')::int,
                   split_part(current_setting('server_version'), ' ', 1),
                   current_database(),
                   current_user,
                   (select rolsuper from pg_roles where rolname = current_user),
                   pg_is_in_recovery() or current_setting('transaction_read_only')::bool,
                   has_database_privilege(current_database(), 'create'),
                   coalesce(has_schema_privilege(to_regnamespace('public')::oid, 'create'), false),
                   to_regnamespace('public') is not null,
                   to_regclass('public.schema_migrations') is not null,
                   to_regclass('public.changelog') is not null,
                   to_regnamespace('teslamate') is not null,
                   to_regclass('teslamate.undo_scripts') is not null,
                   (select count(*) from pg_class c
                    where relnamespace = to_regnamespace('public') and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
                      and relname not in ('schema_migrations', 'changelog', 'changelog_id_seq')
                      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')),
                   pg_backend_pid(),
                   coalesce(has_table_privilege(to_regclass('public.schema_migrations')::oid, 'select'), true)
                       and coalesce(has_table_privilege(to_regclass('public.changelog')::oid, 'select'), true)
                       and coalesce(has_schema_privilege(to_regnamespace('teslamate')::oid, 'usage'), true)
                       and coalesce(has_table_privilege(to_regclass('teslamate.undo_scripts')::oid, 'select'), true),
                   exists (select from pg_roles r
                           where rolname = 'teslamate' and (rolname = current_user or (select rolsuper from pg_roles where rolname = current_user))
                             and not exists (select from pg_db_role_setting, unnest(setconfig) as setting
                                             where setrole = r.oid and setting like 'search\_path=%'
                                               and setdatabase = (select oid from pg_database where datname = current_database()))),
                   (select count(*) from settings)
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new ServerFacts
        {
            VersionNumber = reader.GetInt32(0),
            Version = reader.GetString(1),
            Database = reader.GetString(2),
            Role = reader.GetString(3),
            IsSuperuser = reader.GetBoolean(4),
            IsReadOnly = reader.GetBoolean(5),
            MayCreateInDatabase = reader.GetBoolean(6),
            MayCreateInPublic = reader.GetBoolean(7),
            HasPublicSchema = reader.GetBoolean(8),
            HasSchemaMigrations = reader.GetBoolean(9),
            HasChangelog = reader.GetBoolean(10),
            HasOwnSchema = reader.GetBoolean(11),
            HasOwnTables = reader.GetBoolean(12),
            PublicObjects = reader.GetInt64(13),
            Process = reader.GetInt32(14),
            MayReadRecords = reader.GetBoolean(15),
            HasNamesake = reader.GetBoolean(16),
        };
    }
}
