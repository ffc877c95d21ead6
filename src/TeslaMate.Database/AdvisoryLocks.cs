using Npgsql;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Database;

/// <summary>
/// Locks that have a number and belong to nothing: every role that may connect to a database can take them there. What waits for one waits for a
/// limited time and then says who has it.
/// </summary>
public static class AdvisoryLocks
{
    /// <summary>Who holds a lock of the connection's database, in words; null when nobody does.</summary>
    /// <param name="key">The lock's number as an expression of SQL, such as <c>hashtext('teslamate import')</c>.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static Task<string?> HoldersAsync(NpgsqlConnection connection, string key, CancellationToken cancellationToken)
        => connection.ScalarAsync<string>(
            $"select {SessionMonitor.DescriptionOfSessions} from pg_stat_activity where pid in ({HoldersOf(key)})", cancellationToken);

    /// <summary>
    /// The holders of the lock of migrations that cannot be migrating, in words; null when there are none. Whoever migrates is the owner of the
    /// tables, of the database, or the server's administrator.
    /// </summary>
    internal static Task<string?> StrangersAsync(NpgsqlConnection connection, long key, CancellationToken cancellationToken)
        => connection.ScalarAsync<string>($"""
            with owners as (
                select datdba as role from pg_database where datname = current_database()
                union
                select relowner from pg_class where oid = to_regclass('public.schema_migrations')
            )
            select {SessionMonitor.DescriptionOfSessions}
            from pg_stat_activity
            where pid in ({HoldersOf(key.ToString(System.Globalization.CultureInfo.InvariantCulture))})
                and pid <> pg_backend_pid()
                and not exists (select from owners where pg_has_role(usesysid, role, 'MEMBER'))
            """, cancellationToken);

    static string HoldersOf(string key) => $"""
        select pid
        from pg_locks
        where locktype = 'advisory'
            and granted
            and database = (select oid from pg_database where datname = current_database())
            and objsubid = 1
            and (classid::bigint << 32) | objid::bigint = {key}
        """;
}
