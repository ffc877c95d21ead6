using System.Globalization;
using Npgsql;
using TeslaMate.CommandLine;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Database.Migrations;

namespace TeslaMate.Backups;

/// <summary>
/// Loads a backup into a new database beside the one in use and checks it: this program's version, access of the running installation, rows of every
/// table.
/// The database in use is not touched; whoever calls swaps the two.
/// </summary>
/// <param name="settings">The database in use, as the role that it belongs to.</param>
/// <param name="variables">Where a migration finds the key for the Tesla tokens.</param>
/// <param name="notes">Gets a line for each step.</param>
sealed class Restore(DatabaseSettings settings, Variables variables, IRestoreDatabases databases, TimeProvider time, TextWriter notes)
{
    const string BackupApplication = "teslamate-backup";

    static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    static readonly string[] Tables =
        ["cars", "drives", "charging_processes", "charges", "positions", "states", "updates", "addresses", "geofences", "schema_migrations"];

    /// <summary>A role that may read the tables, as dashboards do; null for none.</summary>
    public string? Reader { get; init; }

    /// <summary>
    /// Whether the backup may bring functions, triggers and the like of its own, which run with the rights of the database's owner.
    /// </summary>
    public bool WithCode { get; init; }

    /// <param name="path">A file, a folder in directory format, or <c>-</c>.</param>
    /// <param name="keep">Whether the new database stays for a swap; otherwise this was only to see whether it can be made.</param>
    /// <returns>The new database's name.</returns>
    /// <exception cref="RestoreException">The backup cannot be restored; the new database is gone again.</exception>
    public async Task<string> RunAsync(string path, Func<Stream> standardInput, bool keep, CancellationToken cancellationToken)
    {
        await using var file = await DumpFile.OpenAsync(path, standardInput, cancellationToken);
        if (file.Warning is { } warning)
            await notes.WriteLineAsync(warning);
        var name = await databases.BeginAsync(file.Bytes * (file.IsPlain ? 2 : 12), cancellationToken);
        var restored = settings with { Name = name };
        await LoadAsync(file, restored, cancellationToken);
        await notes.WriteLineAsync("Checking it");
        await CheckAsync(restored, cancellationToken);
        await FinishAsync(restored, cancellationToken);
        // Last: whatever the backup's own code did until now, it does not decide who may come in.
        await AccessTables.CarryOverAsync(settings, restored, cancellationToken);
        if (!keep)
        {
            await notes.WriteLineAsync("Dry run: nothing was swapped.");
            return name;
        }

        await WaitForBackupsAsync(cancellationToken);
        await databases.KeepAsync(cancellationToken);
        return name;
    }

    async Task LoadAsync(DumpFile file, DatabaseSettings restored, CancellationToken cancellationToken)
    {
        var jobs = Environment.ProcessorCount;
        var loader = new DumpLoader(restored, jobs, MemoryMegabytes(jobs)) { WithCode = WithCode };
        using var loaded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var progress = ShowProgressAsync(restored, loaded.Token);
        try
        {
            await loader.LoadAsync(file.CreateReader(), cancellationToken);
            await file.EnsureReadAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is RestoreException or InvalidDataException or IOException)
        {
            // An archive that is damaged ends early: what its reader says explains more than where the text ends.
            if (exception is RestoreException && !exception.Message.StartsWith("it is incomplete", StringComparison.Ordinal))
                throw file.Unreadable(exception);
            await file.EnsureReadAsync(cancellationToken);
            throw file.Unreadable(exception);
        }
        finally
        {
            await loaded.CancelAsync();
            await progress;
        }

        if (loader.FailedGrants > 0)
            await notes.WriteLineAsync($"{loader.FailedGrants} grants to other roles were not restored: the roles do not exist here.");
    }

    /// <summary>The memory of a session that builds an index: a quarter of this machine's for all of them where the server may be on it.</summary>
    int MemoryMegabytes(int jobs)
        => settings.Host.StartsWith('/') ? (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (4L << 20) / jobs, 64, 1024) : 128;

    async Task ShowProgressAsync(DatabaseSettings restored, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = Source(restored);
            using var timer = new PeriodicTimer(ProgressInterval, time);
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                await using var connection = await source.OpenConnectionAsync(cancellationToken);
                var size = await connection.ScalarAsync<string>("select pg_size_pretty(pg_database_size(current_database()))", cancellationToken);
                await notes.WriteLineAsync($"Restore: {size} so far");
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or NpgsqlException)
        {
            // Loaded; or the loader meets the same trouble and says so.
        }
    }

    async Task CheckAsync(DatabaseSettings restored, CancellationToken cancellationToken)
    {
        await using (var source = Source(restored))
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            var newest = await TextOrNullAsync(connection, "select max(version)::text from public.schema_migrations", cancellationToken)
                ?? throw new RestoreException("the backup has no migrations: it is not TeslaMate's.");
            await notes.WriteLineAsync($"The backup stands at migration {newest}.");
            foreach (var behind in await SequenceCheck.RepairAsync(connection, cancellationToken))
                await notes.WriteLineAsync($"The sequence {behind.Sequence} was behind the rows of its table, and was taken past them.");
            await CountAsync(connection, cancellationToken);
        }

        var migrator = new Migrator(restored, variables, time);
        if ((await migrator.StateAsync(cancellationToken)).Newer.Any())
        {
            await notes.WriteLineAsync("It is of a newer program. This one does not start on it before: teslamate rollback --to-known");
            return;
        }

        var display = new MigrationDisplay(notes, notes);
        var outcome = await display.WhileAsync(progress => migrator.MigrateAsync(progress, cancellationToken));
        if (outcome is not MigrationOutcome.Done)
        {
            display.Outcome(outcome, "");
            throw new RestoreException("the backup cannot be brought to this program's version; the reason is above.");
        }
    }

    async Task CountAsync(NpgsqlConnection restored, CancellationToken cancellationToken)
    {
        await using var source = Source(settings);
        NpgsqlConnection? present = null;
        try
        {
            present = await source.OpenConnectionAsync(cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            // Nothing to compare with.
        }

        await using (present)
        {
            await notes.WriteLineAsync($"{"table",-20} {"present",14} {"restored",14}");
            foreach (var table in Tables)
            {
                var count = string.Create(CultureInfo.InvariantCulture, $"select count(*)::text from public.{table}");
                var before = present is null ? null : await TextOrNullAsync(present, count, cancellationToken);
                await notes.WriteLineAsync($"{table,-20} {before ?? "-",14} {await TextOrNullAsync(restored, count, cancellationToken) ?? "-",14}");
            }
        }
    }

    async Task FinishAsync(DatabaseSettings restored, CancellationToken cancellationToken)
    {
        await using var source = Source(restored);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (await ForeignCode.FindAsync(connection, cancellationToken) is { Count: > 0 } code)
        {
            await notes.WriteLineAsync($"The backup brings code of its own, which would run with the rights of {restored.User}:");
            foreach (var name in code)
                await notes.WriteLineAsync($"  {DumpStatement.Printable(name)}");
            if (!WithCode)
                throw new RestoreException($"the backup brings code of its own, which is listed above. {DumpLoader.Consent}");
        }

        await connection.ExecuteAsync("analyze", cancellationToken);
        if (Reader is not { } reader)
            return;
        // The tables of today and of later migrations; neither the tokens nor the program's own schema.
        var role = RestoreDatabases.Quoted(reader);
        await connection.ExecuteAsync($"grant usage on schema public to {role}", cancellationToken);
        await connection.ExecuteAsync($"grant select on all tables in schema public to {role}", cancellationToken);
        await connection.ExecuteAsync($"alter default privileges in schema public grant select on tables to {role}", cancellationToken);
    }

    /// <summary>The swap ends every session, and a backup must not be cut off.</summary>
    async Task WaitForBackupsAsync(CancellationToken cancellationToken)
    {
        await using var source = Source(settings with { Name = settings.Name == "postgres" ? "template1" : "postgres" });
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select exists (select from pg_stat_activity where datname = $1 and application_name = $2)",
            connection)
        {
            Parameters = { Value.Of(settings.Name), Value.Of(BackupApplication) },
        };
        while (await command.ExecuteScalarAsync(cancellationToken) is true)
        {
            await notes.WriteLineAsync("Waiting for the end of the backup that is running");
            await Task.Delay(TimeSpan.FromSeconds(2), time, cancellationToken);
        }
    }

    static NpgsqlDataSource Source(DatabaseSettings database) => database.CreateDataSource(connection =>
    {
        connection.ApplicationName = "teslamate-restore";
        connection.Pooling = false;
        connection.CommandTimeout = 0;
    });

    static async Task<string?> TextOrNullAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.ScalarAsync<string>(sql, cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn)
        {
            return null;
        }
    }
}
