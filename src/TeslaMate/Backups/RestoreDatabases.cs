using System.Globalization;
using Npgsql;
using TeslaMate.Database;

namespace TeslaMate.Backups;

/// <summary>
/// The databases of restores: <c>NAME_restore_MOMENT</c> while one is loaded, <c>NAME_before_MOMENT</c> for the one that it took the place of. A swap
/// is two renames in one transaction, so that there is a database of that name at every moment.
/// </summary>
/// <param name="settings">How to reach the server as somebody who may create databases; the name is that of the database in use.</param>
/// <param name="owner">The role that the new database shall belong to.</param>
/// <param name="notes">Gets a line for each thing that the operator should know.</param>
sealed class RestoreDatabases(DatabaseSettings settings, string owner, TimeProvider time, TextWriter notes) : IRestoreDatabases
{
    const string Loading = "_restore_";
    const string Former = "_before_";
    const string Moment = "yyyyMMddHHmmss";
    const int LongestName = 63;
    const int SwapAttempts = 10;
    const int LockAttempts = 6;

    readonly string _maintenance = settings.Name == "postgres" ? "template1" : "postgres";
    readonly List<NpgsqlDataSource> _sources = [];
    NpgsqlConnection? _guard;
    string? _fresh;
    bool _isKept;

    public async Task<string> BeginAsync(long? neededBytes, CancellationToken cancellationToken)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(settings.Name) + Loading.Length + Moment.Length > LongestName)
            throw new RestoreException($"the name of the database {settings.Name} is too long for the names of its restores. Rename it: ALTER "
                + $"DATABASE ... RENAME TO ...");
        // The server keeps the lock for this session, which ends with this process, however that ends.
        _guard = await OpenAsync(_maintenance, cancellationToken);
        // One that was killed a moment ago may still be clearing up.
        var key = (int)(await ScalarAsync(_guard, "select hashtext('restore ' || $1)", cancellationToken, settings.Name))!;
        for (var attempt = 1; await ScalarAsync(_guard, $"select pg_try_advisory_lock({key})", cancellationToken) is not true; attempt++)
        {
            if (attempt == LockAttempts)
            {
                var holders = await AdvisoryLocks.HoldersAsync(_guard, key.ToString(CultureInfo.InvariantCulture), cancellationToken);
                throw new RestoreException($"another restore of {settings.Name} is running. Nothing was touched; try again when it has ended. "
                    + $"It holds the lock of restores in the database {_maintenance}: {holders ?? "one that is gone by now"}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellationToken);
        }

        foreach (var left in await MadeByRestoresAsync(Loading, cancellationToken))
        {
            await notes.WriteLineAsync($"Deleting {left}, which an interrupted restore left");
            await ExecuteAsync(_guard, $"drop database {Quoted(left)} with (force)", cancellationToken);
        }

        var isAdministrator = await ScalarAsync(_guard, "show is_superuser", cancellationToken) is "on";
        if (neededBytes is { } needed && isAdministrator)
            EnsureSpace(needed, (string)(await ScalarAsync(_guard, "show data_directory", cancellationToken))!);
        var fresh = settings.Name + Loading + await FreeMomentAsync(cancellationToken);
        await notes.WriteLineAsync($"Loading into the new database {fresh}");
        await CreateAsync(fresh, isAdministrator, cancellationToken);
        return fresh;
    }

    public Task KeepAsync(CancellationToken cancellationToken)
    {
        _isKept = true;
        return Task.CompletedTask;
    }

    /// <summary>Makes the loaded database the one in use, and keeps that under another name.</summary>
    /// <returns>That name; null when there was none.</returns>
    public async Task<string?> SwapAsync(string fresh, CancellationToken cancellationToken)
    {
        if (!IsMadeByRestores(fresh, Loading))
            throw new RestoreException($"{fresh} is no database that a restore of {settings.Name} has loaded.");
        await using var connection = await OpenAsync(_maintenance, cancellationToken);
        var former = settings.Name + Former + fresh[^Moment.Length..];
        for (var attempt = 1; ; attempt++)
        {
            var hasDatabase = await ExistsAsync(connection, settings.Name, cancellationToken);
            try
            {
                await ScalarAsync(connection, "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname in ($1, $2) and pid <> "
                    + "pg_backend_pid()",
                    cancellationToken, settings.Name, fresh);
                await using var batch = new NpgsqlBatch(connection);
                if (hasDatabase)
                    batch.BatchCommands.Add(new NpgsqlBatchCommand($"alter database {Quoted(settings.Name)} rename to {Quoted(former)}"));
                batch.BatchCommands.Add(new NpgsqlBatchCommand($"alter database {Quoted(fresh)} rename to {Quoted(settings.Name)}"));
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                batch.Transaction = transaction;
                await batch.ExecuteNonQueryAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                return hasDatabase ? former : null;
            }
            catch (PostgresException exception)
            {
                // A dashboard may connect again between the two; a few tries are enough.
                if (attempt == SwapAttempts)
                    throw new RestoreException($"the databases could not be swapped after {attempt} tries: {exception.MessageText}", exception);
                await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellationToken);
            }
        }
    }

    /// <summary>Deletes the databases that earlier restores have kept.</summary>
    public async Task DropFormerAsync(CancellationToken cancellationToken)
    {
        _guard = await OpenAsync(_maintenance, cancellationToken);
        foreach (var former in await MadeByRestoresAsync(Former, cancellationToken))
        {
            await ExecuteAsync(_guard, $"drop database {Quoted(former)}", cancellationToken);
            await notes.WriteLineAsync($"Deleted {former}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_guard is { } guard)
        {
            if (_fresh is { } fresh && !_isKept)
                await DropUnfinishedAsync(guard, fresh);
            await guard.DisposeAsync();
        }

        foreach (var source in _sources)
            await source.DisposeAsync();
        (_guard, _fresh) = (null, null);
        _sources.Clear();
    }

    async Task DropUnfinishedAsync(NpgsqlConnection guard, string fresh)
    {
        try
        {
            await ExecuteAsync(guard, $"drop database if exists {Quoted(fresh)} with (force)", CancellationToken.None);
        }
        catch (NpgsqlException exception)
        {
            await notes.WriteLineAsync($"The unfinished database {fresh} is left ({exception.Message}); the next restore deletes it.");
        }
    }

    async Task CreateAsync(string fresh, bool isAdministrator, CancellationToken cancellationToken)
    {
        // Who cannot create the extensions gets those that an administrator has put into template1.
        var template = isAdministrator ? "template0" : "template1";
        _fresh = fresh;
        try
        {
            await ExecuteAsync(_guard!, $"create database {Quoted(fresh)} owner {Quoted(owner)} template {template} encoding 'UTF8'",
                cancellationToken);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new RestoreException($"the database could not be created: {exception.MessageText}. An administrator must run: ALTER ROLE "
                + $"{Quoted(settings.User)} CREATEDB;", exception);
        }

        try
        {
            await using var connection = await OpenAsync(fresh, cancellationToken);
            foreach (var extension in new[] { "cube", "earthdistance" })
                await ExecuteAsync(connection, $"create extension if not exists {extension} with schema public", cancellationToken);
        }
        catch (PostgresException exception)
        {
            throw new RestoreException(
                $"the extensions could not be created: {exception.MessageText}. An administrator must run in template1: CREATE EXTENSION cube; "
                    + $"CREATE EXTENSION earthdistance;", exception);
        }
    }

    /// <summary>The present second, or the first one after it that no restore has in its name.</summary>
    async Task<string> FreeMomentAsync(CancellationToken cancellationToken)
    {
        var taken = (await MadeByRestoresAsync(Former, cancellationToken)).Concat(await MadeByRestoresAsync(Loading, cancellationToken))
            .Select(name => name[^Moment.Length..]).ToHashSet(StringComparer.Ordinal);
        for (var moment = time.GetUtcNow(); ; moment += TimeSpan.FromSeconds(1))
        {
            var text = moment.ToString(Moment, CultureInfo.InvariantCulture);
            if (!taken.Contains(text))
                return text;
        }
    }

    /// <summary>What restores have made, oldest first. Somebody else's database may begin with the same words.</summary>
    async Task<List<string>> MadeByRestoresAsync(string kind, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select datname::text from pg_database where starts_with(datname::text, $1) order by datname",
            _guard)
        {
            Parameters = { Value.Of(settings.Name + kind) },
        };
        var names = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            names.Add(reader.GetString(0));
        return [.. names.Where(name => IsMadeByRestores(name, kind))];
    }

    bool IsMadeByRestores(string name, string kind)
        => name.StartsWith(settings.Name + kind, StringComparison.Ordinal) && name.Length == settings.Name.Length + kind.Length + Moment.Length
            && name[^Moment.Length..].All(char.IsAsciiDigit);

    static void EnsureSpace(long needed, string folder)
    {
        // Only where the server is on this machine does its folder say anything.
        if (!Directory.Exists(folder))
            return;
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < needed)
            throw new RestoreException($"the server's disk has {Size(free)} free, and the restored database may need {Size(needed)}. Free some "
                + $"space first.");
    }

    internal static string Size(long bytes)
        => bytes < 10_000_000 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB") : string.Create(CultureInfo.InvariantCulture,
            $"{bytes / 1e6:#,0} MB");

    internal static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    static async Task<bool> ExistsAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
        => await ScalarAsync(connection, "select exists (select from pg_database where datname = $1)", cancellationToken, name) is true;

    async Task<NpgsqlConnection> OpenAsync(string database, CancellationToken cancellationToken)
    {
        var source = (settings with { Name = database }).CreateDataSource(connection =>
        {
            connection.ApplicationName = "teslamate-restore";
            connection.Pooling = false;
            connection.CommandTimeout = 0;
            // Nothing that others have put into a database is found before the server's own.
            connection.SearchPath = "pg_catalog";
        });
        _sources.Add(source);
        return await source.OpenConnectionAsync(cancellationToken);
    }

    static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params string[] parameters)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
            command.Parameters.Add(Value.Of(parameter));
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(sql) } };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
