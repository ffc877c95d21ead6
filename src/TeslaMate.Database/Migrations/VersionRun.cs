using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>One version to be run in one direction.</summary>
/// <param name="Migration">Null for a version that this program does not know; it can only go back, by the script that the database keeps.</param>
sealed record PlannedRun(Chain Chain, long Version, string Name, bool Back, MigrationScript Script, Migration? Migration)
{
    public string Label => $"{(Chain is Chain.Own ? "teslamate " : "")}{Version} {Name}";
}

/// <summary>A version could not be run; the database is as it was before it.</summary>
sealed class VersionFailedException(string version, string? statement, string message, string remedy, Exception inner) : Exception(message, inner)
{
    public string Version => version;

    public string? Statement => statement;

    public string Remedy => remedy;
}

/// <summary>Runs versions, each in one transaction together with its records.</summary>
/// <param name="runs">All versions of this run, in order; what is left out of one depends on those that follow.</param>
sealed partial class VersionRun(
    MigrationSession session, TokenSteps steps, IReadOnlyList<PlannedRun> runs, LockPatience patience, IProgress<MigrationProgress> progress, TimeProvider time)
{
    /// <exception cref="VersionFailedException">A version failed; those before it are committed.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var index = 0; index < runs.Count; index++)
        {
            var run = runs[index];
            progress.Report(new MigrationProgress.Started(run.Label, run.Back, index + 1, runs.Count));
            var start = time.GetTimestamp();
            await RunPatientlyAsync(run, index, cancellationToken);
            progress.Report(new MigrationProgress.Finished(run.Label, run.Back, index + 1, runs.Count, time.GetElapsedTime(start)));
        }
    }

    /// <summary>Does now what earlier runs left out and no version that followed has undone.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        var ledger = await session.ReadLedgerAsync(cancellationToken);
        foreach (var deferral in ledger.Deferrals)
        {
            var isDone = ledger.SchemaMigrations.ContainsKey(deferral.Version) != deferral.Back;
            var isUndone = ledger.SchemaMigrations.ContainsKey(deferral.Until) != deferral.Back;
            var label = deferral.Version.ToString(CultureInfo.InvariantCulture);
            if (isDone && !isUndone)
                progress.Report(new MigrationProgress.Note($"{label}: making up for what was left out when {deferral.Until} was to follow"));
            session.Watch.Begin(label);
            await using var transaction = await session.Connection.BeginTransactionAsync(cancellationToken);
            try
            {
                if (isDone && !isUndone)
                    await session.Connection.ExecuteAsync(deferral.Sql, cancellationToken);
                await RemoveDeferralsAsync(deferral.Version, cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                throw Failure(label, exception);
            }
        }
    }

    async Task RunPatientlyAsync(PlannedRun run, int index, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            session.Watch.Begin(run.Label);
            try
            {
                await RunOnceAsync(run, index, cancellationToken);
                return;
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                var blockers = session.Watch.LastBlockers ?? await session.HoldersAsync(run.Script.Head.Locks, cancellationToken) ?? "a session that is gone by now";
                if (attempt >= patience.Attempts)
                {
                    throw new VersionFailedException(run.Label, Statement(exception),
                        $"The tables were in use by others through {patience.Attempts} attempts, last by {blockers}.",
                        "End that session (as an administrator: select pg_terminate_backend(<process>)) and run the same command again.", exception);
                }

                progress.Report(new MigrationProgress.Note(
                    $"{run.Label}: its tables are in use by {blockers}; attempt {attempt + 1} of {patience.Attempts} follows in {patience.Pause.TotalSeconds:0.#} s"));
                session.Watch.Begin($"{run.Label}, pausing so that others can go on");
                await Task.Delay(patience.Pause, time, cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                throw Failure(run.Label, exception);
            }
        }
    }

    async Task RunOnceAsync(PlannedRun run, int index, CancellationToken cancellationToken)
    {
        var connection = session.Connection;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The reference's migrator holds the same lock while it works; it is waited for as long as it takes.
        if (run.Chain is Chain.Reference)
        {
            await connection.ExecuteAsync("lock table schema_migrations in share update exclusive mode", cancellationToken);
            if (await connection.ScalarAsync<bool>($"select exists (select from schema_migrations where version = {run.Version})", cancellationToken) != run.Back)
            {
                progress.Report(new MigrationProgress.Note($"{run.Label}: another program did this meanwhile"));
                return;
            }
        }

        await connection.ExecuteAsync($"set local lock_timeout = {(int)patience.Wait.TotalMilliseconds}", cancellationToken);
        await LockTablesAsync(run.Script.Head.Locks, cancellationToken);
        await RemoveDeferralsAsync(run.Version, cancellationToken);
        foreach (var part in run.Script.Parts)
        {
            switch (part)
            {
                case ScriptPart.Sql(var sql):
                    await connection.ExecuteAsync(sql, cancellationToken);
                    break;
                case ScriptPart.Step(var step):
                    await steps.RunAsync(step, connection, cancellationToken);
                    break;
                case ScriptPart.UnlessPending(var version, var sql) when runs.Skip(index + 1).Any(later => later.Chain == run.Chain && later.Version == version):
                    await DeferAsync(new Deferral(run.Version, run.Back, version, sql), cancellationToken);
                    break;
                case ScriptPart.UnlessPending(_, var sql):
                    await connection.ExecuteAsync(sql, cancellationToken);
                    break;
            }
        }

        await using (var records = connection.CreateBatch())
        {
            if (run.Back)
                Ledger.AddRemoval(records, run.Chain, run.Version);
            else
                Ledger.AddRecords(records, run.Chain, [run.Migration!], times: null, time.GetUtcNow());
            await records.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    // Taken before anything is done, so that a long reader costs a wait and no work.
    async Task LockTablesAsync(IReadOnlyList<TableLock> locks, CancellationToken cancellationToken)
    {
        if (locks.Count == 0)
            return;
        await using var command = new NpgsqlCommand("""
            select name from unnest($1::text[]) as name
            join pg_class on pg_class.oid = to_regclass(name) and relkind in ('r', 'p')
            """, session.Connection);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. locks.Select(held => held.Table)] });
        HashSet<string> present = [];
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                present.Add(reader.GetString(0));
        }

        var statements = locks.Where(held => present.Contains(held.Table)).Select(held => $"lock table {held.Table} in {held.Mode} mode").ToList();
        if (statements.Count > 0)
            await session.Connection.ExecuteAsync(string.Join(";\n", statements), cancellationToken);
    }

    async Task DeferAsync(Deferral deferral, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("insert into teslamate.deferred (version, back, until, sql) values ($1, $2, $3, $4)", session.Connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = deferral.Version });
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = deferral.Back });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = deferral.Until });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = deferral.Sql });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    async Task RemoveDeferralsAsync(long version, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from teslamate.deferred where version = $1 or until = $1", session.Connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = version });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static VersionFailedException Failure(string version, NpgsqlException exception)
        => new(version, Statement(exception), Remedies.Message(exception), Remedies.ForFailure(exception), exception);

    static string? Statement(NpgsqlException exception)
    {
        if (exception.BatchCommand?.CommandText is not { } text)
            return null;
        var statement = Comments.Replace(text, "").Trim();
        return statement.Length <= 1000 ? statement : statement[..1000] + " ...";
    }

    [GeneratedRegex(@"^\s*--.*\n", RegexOptions.Multiline)]
    static partial Regex Comments { get; }
}
