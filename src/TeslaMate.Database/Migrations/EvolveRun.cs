using System.Globalization;
using System.Runtime.ExceptionServices;
using EvolveDb;
using EvolveDb.Dialect;
using EvolveDb.Migration;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>Another program did what was planned; the plan has to be made anew.</summary>
sealed class DoneMeanwhileException : Exception;

/// <summary>Has Evolve run scripts of one schema, as often as it takes to get their locks.</summary>
/// <param name="runsBefore">How many of the <paramref name="count"/> runs were done by others of this kind.</param>
sealed class EvolveRun(
    MigrationSession session, TokenSteps tokens, IReadOnlyList<EvolveScript> scripts, int runsBefore, int count, LockRetryPolicy retries,
    IProgress<MigrationProgress> progress, TimeProvider time) : IMigrationLoader
{
    readonly List<PlannedRun> _runs = [.. scripts.SelectMany(script => script.Runs)];
    PlannedRun _current = scripts[0].Runs[0];
    string _statement = "";
    int _committed;
    int _finished;
    long _start;
    IReadOnlyList<EvolveScript> _pending = [];

    string Schema => _runs[0].Schema;

    public IEnumerable<MigrationScript> GetMigrations() => _pending.Where(script => script.Version is not null);

    public IEnumerable<MigrationScript> GetRepeatableMigrations() => _pending.Where(script => script.Version is null);

    /// <returns>Which version failed; those before it are committed, but for those of its own transaction. Null when none failed.</returns>
    /// <exception cref="DoneMeanwhileException">What was planned is not what is to be done any more.</exception>
    public async Task<MigrationOutcome.Failed?> RunAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            _pending = [.. scripts.Skip(_committed)];
            try
            {
                await tokens.PrepareAsync(_pending, session.Connection, cancellationToken);
                await MigrateAsync(cancellationToken);
                Commit(scripts.Count);
                return null;
            }
            catch (PostgresException exception) when (exception.SqlState is EvolveScript.DoneMeanwhile)
            {
                throw new DoneMeanwhileException();
            }
            catch (PostgresException exception)
                when (exception.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                // Versions that went through meanwhile are no failed attempts.
                if (scripts.Count - _committed < _pending.Count)
                    attempt = 1;
                if (await PauseAsync(attempt, cancellationToken) is { } failed)
                    return failed;
            }
            catch (NpgsqlException exception)
            {
                return Failure(Remedies.Message(exception), Remedies.ForFailure(exception));
            }
        }
    }

    async Task MigrateAsync(CancellationToken cancellationToken)
    {
        // Evolve hides the cause when its rollback fails too, so the first thing that the connection threw is kept.
        NpgsqlException? cause = null;
        session.Connection.Notice += Follow;
        var migrating = Task.Run(() =>
        {
            var thread = Environment.CurrentManagedThreadId;
            EventHandler<FirstChanceExceptionEventArgs> keep = (_, thrown) =>
            {
                if (Environment.CurrentManagedThreadId == thread && thrown.Exception is NpgsqlException exception)
                    cause ??= exception;
            };
            AppDomain.CurrentDomain.FirstChanceException += keep;
            try
            {
                // The lock that Evolve would take is held already.
                new Evolve(session.Connection, dbms: DBMS.PostgreSQL)
                {
                    Schemas = [Schema],
                    MigrationLoader = this,
                    OutOfOrder = true,
                    EnableClusterMode = false,
                }.Migrate();
            }
            finally
            {
                AppDomain.CurrentDomain.FirstChanceException -= keep;
            }
        }, CancellationToken.None);
        try
        {
            await CancelAsync(migrating, cancellationToken);
            await migrating;
        }
        catch (Exception exception) when (exception is EvolveException or InvalidOperationException or NpgsqlException)
        {
            // Evolve records a failure; with the cause gone the next run shall find nothing of it. Where this fails, the next run sweeps.
            if (session.Connection.State is System.Data.ConnectionState.Open)
                await ((Task)session.Connection.ExecuteAsync(MigrationHistory.SweepSql(Schema), CancellationToken.None))
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            throw cause ?? new NpgsqlException(exception.Message, exception);
        }
        finally
        {
            session.Connection.Notice -= Follow;
        }
    }

    // Evolve cannot be asked to stop, but its statement can be cancelled. One that is between two statements is cancelled again.
    async Task CancelAsync(Task migrating, CancellationToken cancellationToken)
    {
        await migrating.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!migrating.IsCompleted)
        {
            await session.CancelAsync();
            await migrating.WaitAsync(TimeSpan.FromMilliseconds(100), time, CancellationToken.None)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The server says which statement it comes to; by then all transactions before it are committed.
    void Follow(object sender, NpgsqlNoticeEventArgs message)
    {
        if (message.Notice.SqlState != EvolveScript.Announcement)
            return;
        int[] numbers = [.. message.Notice.MessageText.Split(' ').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        (var run, _statement) = scripts[numbers[0]].Statements[numbers[1]];
        Commit(numbers[0]);
        if (_start > 0 && ReferenceEquals(run, _current) && _statement.Length > 0)
            return;
        _current = run;
        _start = time.GetTimestamp();
        progress.Report(new MigrationProgress.Started(run.Label, run.Back, runsBefore + _runs.IndexOf(run) + 1, count));
        session.Monitor.Begin(run.Label);
    }

    void Commit(int committed)
    {
        for (; _committed < committed; _committed++)
        {
            foreach (var run in scripts[_committed].Runs)
                progress.Report(new MigrationProgress.Finished(run.Label, run.Back, runsBefore + ++_finished, count, time.GetElapsedTime(_start)));
        }
    }

    async Task<MigrationOutcome.Failed?> PauseAsync(int attempt, CancellationToken cancellationToken)
    {
        var locks = scripts[_committed].Runs.SelectMany(run => run.Script.Head.Locks).ToList();
        var blockers = session.Monitor.LastBlockers ?? await session.HoldersAsync(locks, cancellationToken) ?? "a session that is gone by now";
        if (attempt >= retries.Attempts)
            return Failure($"The tables were in use by others through {retries.Attempts} attempts, last by {blockers}.", Remedies.EndSession);
        progress.Report(new MigrationProgress.Note($"{_current.Label}: its tables are in use by {blockers}; "
            + $"attempt {attempt + 1} of {retries.Attempts} follows in {retries.Pause.TotalSeconds:0.#} s"));
        session.Monitor.Begin($"{_current.Label}, pausing so that others can go on");
        await Task.Delay(retries.Pause, time, cancellationToken);
        return null;
    }

    MigrationOutcome.Failed Failure(string message, string remedy)
        => new(_current.Label, _statement is "" ? null : _statement.Length <= 1000 ? _statement : _statement[..1000] + " ...", message, remedy);
}
