using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>One run's way to the database: a working connection that is nobody else's, what is known about the server, and a monitor of it.</summary>
sealed class MigrationSession(NpgsqlDataSource database, NpgsqlConnection connection, ServerFacts server, SessionMonitor monitor) : IAsyncDisposable
{
    // Evolve's key; whoever migrates holds it for the whole run.
    const int LockKey = 12345;
    const int LookIntervalSeconds = 10;

    public NpgsqlConnection Connection => connection;
    public ServerFacts Server => server;
    public SessionMonitor Monitor => monitor;

    /// <exception cref="NpgsqlException">There is no way in; <see cref="Remedies.ForConnecting"/> explains it.</exception>
    public static async Task<MigrationSession> OpenAsync(DatabaseSettings settings, LockRetryPolicy retries,
        IProgress<MigrationProgress> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var database = settings.CreateMigrationDataSource();
        try
        {
            var connection = await database.OpenConnectionAsync(cancellationToken);
            connection.Notice += (_, message) =>
            {
                // "already exists, skipping" is how scripts cope with what they find; only what a script itself says is of interest.
                if (message.Notice is { SqlState: "00000", Routine: "exec_stmt_raise" } or { InvariantSeverity: "WARNING" })
                    progress.Report(new MigrationProgress.Note(message.Notice.MessageText, message.Notice.InvariantSeverity is "WARNING"));
            };
            var server = await ServerFacts.ReadAsync(connection, retries.Total, cancellationToken);
            return new MigrationSession(database, connection, server, new SessionMonitor(database, server.Process, progress, time));
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Waits until no other program migrates this database, which may take as long as its work takes. Everybody can take that lock: who holds it
    /// and may not migrate is not waited for.
    /// </summary>
    /// <returns>Why it is no use to wait; null once the lock is held.</returns>
    public async Task<PreflightError?> LockAsync(CancellationToken cancellationToken)
    {
        monitor.Begin("Waiting until no other program migrates this database");
        while (true)
        {
            try
            {
                // The limit is for this alone: what is read next sets the session's own (ServerFacts).
                await connection.ExecuteAsync($"set lock_timeout = '{LookIntervalSeconds}s'; select pg_advisory_lock({LockKey})", cancellationToken);
                monitor.Begin("Reading what the database has");
                return null;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                if (await AdvisoryLocks.StrangersAsync(connection, LockKey, cancellationToken) is { } strangers)
                {
                    return new PreflightError($"The lock of migrations (advisory lock {LockKey}) is held by a session whose role may not migrate "
                        + $"this database: {strangers}.", Remedies.EndSession);
                }
            }
        }
    }

    /// <summary>Who uses these tables, in words; null when nobody does.</summary>
    public Task<string?> HoldersAsync(IEnumerable<TableLock> tables, CancellationToken cancellationToken)
        => connection.ScalarAsync<string>($"""
            select {SessionMonitor.DescriptionOfSessions}
            from pg_stat_activity
            where pid <> pg_backend_pid()
              and pid in (select pid from pg_locks where granted and relation = any (select to_regclass(name)::oid from unnest($1::text[]) as name))
            """, cancellationToken, Value.Array<string>([.. tables.Select(held => ScriptHead.Qualified(held.Table))]));

    public async Task CancelAsync()
    {
        await using var other = await database.OpenConnectionAsync(CancellationToken.None);
        await other.ExecuteAsync($"select pg_cancel_backend({server.Process})", CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await monitor.DisposeAsync();
        // The advisory lock goes with the connection.
        await connection.DisposeAsync();
        await database.DisposeAsync();
    }
}

/// <summary>
/// How a version waits for tables that others read. A lock that is asked for makes everybody behind it wait as well, so it is asked for briefly, and
/// again after a pause in which the others go on.
/// </summary>
sealed record LockRetryPolicy(TimeSpan Wait, TimeSpan Pause, int Attempts)
{
    public TimeSpan Total => (Wait + Pause) * Attempts;

    /// <summary>Five minutes in all.</summary>
    public static LockRetryPolicy Default { get; } = new(TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2), 60);
}
