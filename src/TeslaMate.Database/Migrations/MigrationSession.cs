using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>One run's way to the database: a working connection that is nobody else's, what is known about the server, and a watch over it.</summary>
sealed class MigrationSession : IAsyncDisposable
{
    // Evolve's key; whoever migrates holds it for the whole run.
    const int LockKey = 12345;

    readonly NpgsqlDataSource _database;

    MigrationSession(NpgsqlDataSource database, NpgsqlConnection connection, ServerFacts server, Watch watch)
    {
        _database = database;
        Connection = connection;
        Server = server;
        Watch = watch;
    }

    public NpgsqlConnection Connection { get; }

    public ServerFacts Server { get; }

    public Watch Watch { get; }

    /// <exception cref="NpgsqlException">There is no way in; <see cref="Remedies.ForConnecting"/> explains it.</exception>
    public static async Task<MigrationSession> OpenAsync(
        DatabaseSettings settings, LockPatience patience, IProgress<MigrationProgress> progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var database = settings.CreateMigrationDataSource();
        try
        {
            var connection = await database.OpenConnectionAsync(cancellationToken);
            connection.Notice += (_, message) =>
            {
                // "already exists, skipping" is how scripts cope with what they find; only what a script itself says is of interest.
                if (message.Notice.SqlState is "00000" && message.Notice.Routine is "exec_stmt_raise")
                    progress.Report(new MigrationProgress.Note(message.Notice.MessageText));
                else if (message.Notice.InvariantSeverity is "WARNING")
                    progress.Report(new MigrationProgress.Note(message.Notice.MessageText, Warning: true));
            };
            var server = await ServerFacts.ReadAsync(connection, patience.Total, cancellationToken);
            return new MigrationSession(database, connection, server, new Watch(database, server.Process, progress, time));
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until no other program migrates this database.</summary>
    public async Task LockAsync(CancellationToken cancellationToken)
    {
        Watch.Begin("Waiting until no other program migrates this database");
        // Another migrator may take as long as its work takes.
        await using (var command = new NpgsqlCommand("""
            with limits as materialized (select set_config('lock_timeout', '0', false)) select pg_advisory_lock($1) from limits
            """, Connection))
        {
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        Watch.Begin("Reading what the database has");
    }

    /// <summary>Takes the lock that the reference's migrator holds while it works, which is waited for as long as it takes.</summary>
    /// <param name="longestLock">How long to wait for other locks in the rest of the transaction.</param>
    public Task LockVersionsAsync(TimeSpan longestLock, CancellationToken cancellationToken) => Connection.ExecuteAsync($"""
        set local lock_timeout = 0;
        lock table schema_migrations in share update exclusive mode;
        set local lock_timeout = {(long)longestLock.TotalMilliseconds}
        """, cancellationToken);

    public Task<Ledger> ReadLedgerAsync(CancellationToken cancellationToken) => Ledger.ReadAsync(Connection, Server, cancellationToken);

    /// <summary>Who uses these tables, in words; null when nobody does.</summary>
    public async Task<string?> HoldersAsync(IReadOnlyList<TableLock> tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"""
            select {Watch.DescriptionOfSessions}
            from pg_stat_activity
            where pid <> pg_backend_pid()
              and pid in (select pid from pg_locks where granted and relation = any (select to_regclass(name)::oid from unnest($1::text[]) as name))
            """, Connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. tables.Select(held => held.Table)] });
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        // The advisory lock goes with the connection.
        await Connection.DisposeAsync();
        await _database.DisposeAsync();
    }
}
