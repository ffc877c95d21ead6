using EvolveDb;
using EvolveDb.Dialect;
using EvolveDb.Migration;
using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>A version could not be run; the database is as it was before it.</summary>
sealed class VersionFailedException(MigrationOutcome.Failed outcome, Exception inner) : Exception(outcome.Message, inner)
{
    public MigrationOutcome.Failed Outcome => outcome;
}

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

    public IEnumerable<MigrationScript> GetMigrations() => _pending.Where(script => script.Version is not null);

    public IEnumerable<MigrationScript> GetRepeatableMigrations() => _pending.Where(script => script.Version is null);

    /// <exception cref="VersionFailedException">A version failed; those before it are committed, but for those of its own transaction.</exception>
    /// <exception cref="DoneMeanwhileException">What was planned is not what is to be done any more.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            _pending = [.. scripts.Skip(_committed)];
            try
            {
                await tokens.PrepareAsync(_pending, session.Connection, cancellationToken);
                await MigrateAsync(cancellationToken);
                Commit(scripts.Count);
                return;
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
                await PauseAsync(attempt, exception, cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                throw Failure(Remedies.Message(exception), Remedies.ForFailure(exception), exception);
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
            EventHandler<System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs> keep = (_, thrown) =>
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
                    Schemas = [scripts[0].Runs[0].Schema],
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
            // Evolve records a failure; with the cause gone the next run shall find nothing of it.
            if (session.Connection.State is System.Data.ConnectionState.Open)
                await SweepAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw cause ?? new NpgsqlException(exception.Message, exception);
        }
        finally
        {
            session.Connection.Notice -= Follow;
        }
    }

    async Task SweepAsync()
    {
        try
        {
            await session.Connection.ExecuteAsync(MigrationHistory.SweepSql(scripts[0].Runs[0].Schema), CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // What failed is told; the next run sweeps.
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
        var numbers = message.Notice.MessageText.Split(' ');
        var script = scripts[int.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture)];
        (var run, _statement) = script.Statements[int.Parse(numbers[1], System.Globalization.CultureInfo.InvariantCulture)];
        Commit(int.Parse(numbers[0], System.Globalization.CultureInfo.InvariantCulture));
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

    async Task PauseAsync(int attempt, PostgresException exception, CancellationToken cancellationToken)
    {
        var locks = scripts[_committed].Runs.SelectMany(run => run.Script.Head.Locks).ToList();
        var blockers = session.Monitor.LastBlockers ?? await session.HoldersAsync(locks, cancellationToken) ?? "a session that is gone by now";
        if (attempt >= retries.Attempts)
            throw Failure($"The tables were in use by others through {retries.Attempts} attempts, last by {blockers}.", Remedies.EndSession,
                exception);
        progress.Report(new MigrationProgress.Note($"{_current.Label}: its tables are in use by {blockers}; "
            + $"attempt {attempt + 1} of {retries.Attempts} follows in {retries.Pause.TotalSeconds:0.#} s"));
        session.Monitor.Begin($"{_current.Label}, pausing so that others can go on");
        await Task.Delay(retries.Pause, time, cancellationToken);
    }

    VersionFailedException Failure(string message, string remedy, Exception inner)
        => new(new MigrationOutcome.Failed(
            _current.Label, _statement is "" ? null : _statement.Length <= 1000 ? _statement : _statement[..1000] + " ...", message, remedy), inner);
}
