using Microsoft.Extensions.Hosting.Systemd;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;
using TeslaMate.Systemd.Notify;

namespace TeslaMate.Hosting;

/// <summary>Lets the program in only where the server is known and the schema is exactly the one it was written for.</summary>
sealed partial class SchemaGate(NpgsqlDataSource database, Migrator migrator, ISystemdNotifier notifier, TimeProvider time,
    ILogger<SchemaGate> logger)
{
    /// <summary>False when the program must not start; the log then says why and what to do.</summary>
    /// <param name="serverVersion"><c>server_version_num</c>.</param>
    /// <param name="migrate">Apply what is pending instead of refusing.</param>
    public async Task<bool> PassAsync(int serverVersion, bool migrate, CancellationToken cancellationToken)
    {
        var major = serverVersion / 10000;
        if (major < SupportedServers.Oldest)
        {
            Log.ServerTooOld(logger, major, SupportedServers.Range);
            return false;
        }

        if (major > SupportedServers.Newest)
            Log.ServerUnknown(logger, major, SupportedServers.Range);

        await WarnOfIntrudersAsync(cancellationToken);
        // Nearly every start; what follows reads all scripts.
        if (await KnownVersions.AreAllOfAsync(database, cancellationToken))
            return true;
        if (migrate && !await MigrateAsync(cancellationToken))
            return false;
        var state = await migrator.StateAsync(cancellationToken);
        if (state.Newer.MaxBy(version => version.Version) is { } newer)
        {
            Log.DatabaseNewer(logger, newer.Version, state.Newest);
            return false;
        }

        if (state.IsCurrent)
            return true;
        Log.Pending(logger, state.Pending.Count + state.OwnPending.Count + state.PendingRepeatables.Count, state.Newest);
        return false;
    }

    /// <summary>The running program never calls them, so they are no reason to stop logging; the next migration refuses to run beside them.</summary>
    async Task WarnOfIntrudersAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var intruder in await PublicSchemaCheck.FindIntrudersAsync(connection, cancellationToken))
            Log.Intruder(logger, intruder.Cause, intruder.Remedy);
    }

    async Task<bool> MigrateAsync(CancellationToken cancellationToken)
    {
        await using var longStart = LongStart.Begin(notifier, time);
        var log = new MigrationLog(notifier, logger);
        if (!log.Ended(await migrator.MigrateAsync(log, cancellationToken)))
            return false;
        // Migrations make types, and the connections know those that there were.
        await database.ReloadTypesAsync(cancellationToken);
        return true;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "{Cause} {Remedy}")]
        public static partial void Intruder(ILogger logger, string cause, string remedy);

        [LoggerMessage(Level = LogLevel.Critical,
            Message = "PostgreSQL {ServerMajor} is too old; {Supported} are supported. Upgrade the server (back up, then pg_upgrade, or dump and "
                + "restore)")]
        public static partial void ServerTooOld(ILogger logger, int serverMajor, string supported);

        [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL {ServerMajor} is newer than what was tested ({Supported})")]
        public static partial void ServerUnknown(ILogger logger, int serverMajor, string supported);

        [LoggerMessage(Level = LogLevel.Critical,
            Message = "The database has version {MigrationVersion} of a newer program, and this one knows {NewestKnown} at most, so it does not "
                + "touch it. "
                + "Start the newer program again, or go back with: teslamate rollback --to-known")]
        public static partial void DatabaseNewer(ILogger logger, long migrationVersion, long newestKnown);

        [LoggerMessage(Level = LogLevel.Critical,
            Message = "{Pending} migrations are pending (up to {LastVersion}). Apply them with: teslamate migrate (or start with: teslamate serve "
                + "--migrate)")]
        public static partial void Pending(ILogger logger, int pending, long lastVersion);
    }
}
