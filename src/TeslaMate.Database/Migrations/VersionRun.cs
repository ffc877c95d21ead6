using System.Text.RegularExpressions;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>One version to be run in one direction.</summary>
/// <param name="Migration">Null for a version that this program does not know; it can only go back, by the script that the database keeps.</param>
/// <param name="Repeatable">A file without version that is run, instead of a version.</param>
sealed record PlannedRun(Chain Chain, long Version, string Name, bool Back, MigrationScript Script, Migration? Migration, RepeatableMigration? Repeatable = null)
{
    public string Label => Repeatable is null ? $"{(Chain is Chain.Own ? "teslamate " : "")}{Version} {Name}" : $"teslamate R__{Name}";

    public static PlannedRun Of(RepeatableMigration file) => new(Chain.Own, RepeatableMigration.Version, file.Name, Back: false, file.Script, Migration: null, file);
}

/// <summary>A version could not be run; the database is as it was before it.</summary>
sealed class VersionFailedException(string version, string? statement, string message, string remedy, Exception inner) : Exception(message, inner)
{
    public string Version => version;

    public string? Statement => statement;

    public string Remedy => remedy;
}

/// <summary>Runs versions, each in one transaction together with its records, or several where <see cref="ScriptPart.UnlessPending"/> ties them together.</summary>
/// <param name="runs">All versions of this run, in order; what is left out of one depends on those that follow.</param>
sealed partial class VersionRun(
    MigrationSession session, TokenSteps steps, IReadOnlyList<PlannedRun> runs, LockPatience patience, IProgress<MigrationProgress> progress, TimeProvider time)
{
    /// <exception cref="VersionFailedException">A version failed; those before it are committed, but for those of its own transaction.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var index = 0; index < runs.Count;)
        {
            var next = EndOfTransaction(index) + 1;
            await RunPatientlyAsync(index, next, cancellationToken);
            index = next;
        }
    }

    /// <summary>
    /// A version that leaves out what a later one undoes is committed together with that one, so that nobody ever meets a version without all that belongs to it.
    /// </summary>
    int EndOfTransaction(int first)
    {
        var last = first;
        for (var index = first; index <= last; index++)
        {
            foreach (var part in runs[index].Script.Parts.OfType<ScriptPart.UnlessPending>())
                last = Math.Max(last, IndexOfLater(index, part.Version) ?? last);
        }

        return last;
    }

    int? IndexOfLater(int index, long version)
    {
        for (var later = index + 1; later < runs.Count; later++)
        {
            if (runs[later].Chain == runs[index].Chain && runs[later].Version == version)
                return later;
        }

        return null;
    }

    async Task RunPatientlyAsync(int first, int end, CancellationToken cancellationToken)
    {
        var locks = runs.Skip(first).Take(end - first).SelectMany(run => run.Script.Head.Locks).ToList();
        for (var attempt = 1; ; attempt++)
        {
            // The version that is being run is the one to be named.
            var run = runs[first];
            try
            {
                await using var transaction = await session.Connection.BeginTransactionAsync(cancellationToken);
                await session.Connection.ExecuteAsync($"set local lock_timeout = {(int)patience.Wait.TotalMilliseconds}", cancellationToken);
                List<MigrationProgress> finished = [];
                for (var index = first; index < end; index++)
                {
                    run = runs[index];
                    progress.Report(new MigrationProgress.Started(run.Label, run.Back, index + 1, runs.Count));
                    session.Watch.Begin(run.Label);
                    var start = time.GetTimestamp();
                    if (await IsToBeRunAsync(run, cancellationToken))
                    {
                        // Of all versions of the transaction, so that a long reader costs a wait and no work.
                        if (index == first)
                            await LockTablesAsync(ScriptHead.Strongest(locks), cancellationToken);
                        await RunOnceAsync(run, index, cancellationToken);
                    }

                    finished.Add(new MigrationProgress.Finished(run.Label, run.Back, index + 1, runs.Count, time.GetElapsedTime(start)));
                }

                await transaction.CommitAsync(cancellationToken);
                finished.ForEach(progress.Report);
                return;
            }
            catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                var blockers = session.Watch.LastBlockers ?? await session.HoldersAsync(locks, cancellationToken) ?? "a session that is gone by now";
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

    async Task<bool> IsToBeRunAsync(PlannedRun run, CancellationToken cancellationToken)
    {
        if (run.Chain is not Chain.Reference)
            return true;
        await session.LockVersionsAsync(patience.Wait, cancellationToken);
        if (await session.Connection.ScalarAsync<bool>($"select exists (select from schema_migrations where version = {run.Version})", cancellationToken) == run.Back)
            return true;
        progress.Report(new MigrationProgress.Note($"{run.Label}: another program did this meanwhile"));
        return false;
    }

    async Task RunOnceAsync(PlannedRun run, int index, CancellationToken cancellationToken)
    {
        var connection = session.Connection;
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
                case ScriptPart.UnlessPending(var version, var sql) when IndexOfLater(index, version) is null:
                    await connection.ExecuteAsync(sql, cancellationToken);
                    break;
            }
        }

        await using var records = connection.CreateBatch();
        if (run.Repeatable is { } repeatable)
            Ledger.AddRepeatable(records, repeatable);
        else if (run.Back)
            Ledger.AddRemoval(records, run.Chain, run.Version);
        else
            Ledger.AddRecords(records, run.Chain, [run.Migration!], times: null, time.GetUtcNow());
        await records.ExecuteNonQueryAsync(cancellationToken);
    }

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
