using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database.Schemas;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Takes databases forward, back and on from where the reference left them (spec migrations 2 and 7; evolve). Each version is one transaction
/// together with its rows in <c>schema_migrations</c> and <c>changelog</c>, so that whatever happens the database stands at a whole version.
/// </summary>
/// <param name="variables">Where a migration finds the key for the Tesla tokens.</param>
public sealed class Migrator(DatabaseSettings settings, Variables variables, TimeProvider time)
{
    internal MigrationFolder Reference { get; init; } = MigrationFolder.Embedded("");

    internal MigrationFolder Own { get; init; } = MigrationFolder.Embedded("teslamate/");

    internal LockRetryPolicy Retries { get; init; } = LockRetryPolicy.Default;

    Planner Planner => new(Reference, Own, settings);

    /// <summary>Where the database stands; changes nothing and waits for nobody.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<SchemaState> StateAsync(CancellationToken cancellationToken) => LookAsync(async (connection, history) =>
    {
        var reconciliation = await Planner.ReconcileAsync(connection, history, cancellationToken);
        return new SchemaState
        {
            ServerVersion = history.Server.Version,
            Applied = [.. reconciliation.Applied.Order()
                .Select(version => new AppliedVersion(version, Reference.Find(version)?.Name, history.TimeOf(version)))],
            Pending = [.. Reference.All.Where(migration => !reconciliation.Applied.Contains(migration.Version)).Select(PendingVersion.Of)],
            OwnApplied = [.. history.OwnChangelog.OrderBy(row => row.Key)
                .Select(row => new AppliedVersion(row.Key, Own.Find(row.Key)?.Name, row.Value.At))],
            OwnPending = [.. Own.All.Where(migration => !history.OwnChangelog.ContainsKey(migration.Version)).Select(PendingVersion.Of)],
            PendingRepeatables = [.. Own.Repeatables.Where(history.IsStale).Select(file => file.FileName)],
            ChecksumMismatches = [.. Planner.Mismatches(history, reconciliation)],
            Extensions = await connection.RowsAsync("""
                select name, installed_version, default_version
                from unnest(array['cube', 'earthdistance']) as name left join pg_available_extensions using (name)
                """, cancellationToken)
                .Select(row => new ExtensionState(row.GetString(0), row.Text(1), row.Text(2))).ToListAsync(cancellationToken),
            Newest = Reference.Newest,
            Warnings = await PublicSchemaCheck.OthersAsync(connection, cancellationToken) is { } others ? [others] : [],
        };
    }, cancellationToken);

    /// <summary>What the live schema has too much, too little or otherwise than its versions should have given it; empty when nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<SchemaDifference>> CheckAsync(CancellationToken cancellationToken)
        => LookAsync<IReadOnlyList<SchemaDifference>>(async (connection, history) =>
        {
            var reconciliation = await Planner.ReconcileAsync(connection, history, cancellationToken);
            var live = await SchemaFacts.ReadAsync(connection, cancellationToken);
            var lagging = await SequenceCheck.FindAsync(connection, cancellationToken);
            return
            [
                .. SchemaDifference.Between(ExpectedSchema.Recorded.At(reconciliation.Applied), live),
                .. await MissingObjectsAsync(connection, history, cancellationToken),
                .. lagging.Select(sequence => new SchemaDifference(DifferenceKind.Wrong, sequence.ToString(), sequence.Repair)),
            ];
        }, cancellationToken);

    /// <summary>Says why <see cref="NpgsqlException"/> came up on the way to the database, and what to do.</summary>
    public PreflightError Explain(NpgsqlException exception) => Remedies.ForConnecting(exception, settings);

    /// <summary>Runs what is pending, or with <paramref name="to"/> what is pending up to that version.</summary>
    /// <param name="writesLostRows">Take versions for applied whose work is there although <c>schema_migrations</c> has lost their rows.</param>
    public Task<MigrationOutcome> MigrateAsync(
        IProgress<MigrationProgress> progress, CancellationToken cancellationToken, long? to = null, bool writesLostRows = false)
        => RunAsync(progress, (connection, history) => Planner.ForwardAsync(connection, history, to, writesLostRows, cancellationToken),
            cancellationToken);

    /// <summary>
    /// Undoes <paramref name="version"/> and everything newer, newest first; without a version those that this program does not know, by the scripts
    /// that the newer program left in the database.
    /// </summary>
    public Task<MigrationOutcome> RollbackAsync(long? version, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        => RunAsync(progress, (connection, history) => Planner.BackAsync(connection, history, version, cancellationToken), cancellationToken);

    /// <summary>What <see cref="MigrateAsync"/> would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastAsync(CancellationToken cancellationToken, long? to = null, bool writesLostRows = false)
        => LookAsync(async (connection, history) => await MigrationForecast.OfAsync(connection,
            await Planner.ForwardAsync(connection, history, to, writesLostRows, cancellationToken), cancellationToken), cancellationToken);

    /// <summary>What <see cref="RollbackAsync"/> would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastRollbackAsync(long? version, CancellationToken cancellationToken)
        => LookAsync(async (connection, history) => await MigrationForecast.OfAsync(connection,
            await Planner.BackAsync(connection, history, version, cancellationToken), cancellationToken), cancellationToken);

    async Task<T> LookAsync<T>(Func<NpgsqlConnection, MigrationHistory, Task<T>> look, CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Retries, new Progress<MigrationProgress>(), time, cancellationToken);
        return await look(session.Connection, await MigrationHistory.ReadAsync(session.Connection, session.Server, cancellationToken));
    }

    /// <summary>Views and functions that a repeatable migration made and that somebody dropped.</summary>
    async Task<List<SchemaDifference>> MissingObjectsAsync(NpgsqlConnection connection, MigrationHistory history, CancellationToken cancellationToken)
    {
        var made = Own.Repeatables.Where(file => !history.IsStale(file))
            .SelectMany(file => file.Objects, (file, name) => (File: file.FileName, Name: name)).ToList();
        return await connection.RowsAsync("""
            select file, name
            from unnest($1, $2) with ordinality as made (file, name, place)
            where not exists (select from pg_class where relnamespace = to_regnamespace('teslamate') and relname = name)
                and not exists (select from pg_proc where pronamespace = to_regnamespace('teslamate') and proname = name)
            order by place
            """, cancellationToken, Value.Array<string>([.. made.Select(one => one.File)]), Value.Array<string>([.. made.Select(one => one.Name)]))
            .Select(row => new SchemaDifference(DifferenceKind.Missing, $"teslamate.{row.GetString(1)}, which {row.GetString(0)} makes, is missing",
                $"delete from teslamate.changelog where name = '{row.GetString(0)}'; -- then: teslamate migrate"))
            .ToListAsync(cancellationToken);
    }

    async Task<MigrationOutcome> RunAsync(
        IProgress<MigrationProgress> progress, Func<NpgsqlConnection, MigrationHistory, Task<Plan>> plan, CancellationToken cancellationToken)
    {
        MigrationSession? session = null;
        try
        {
            session = await MigrationSession.OpenAsync(settings, Retries, progress, time, cancellationToken);
            return await RunAsync(session, progress, plan, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            if (session is null)
                return new MigrationOutcome.Refused([Remedies.ForConnecting(exception, settings)]);
            return exception.SqlState is PostgresErrorCodes.LockNotAvailable
                ? new MigrationOutcome.Failed("before the first version", null,
                    $"A table was kept by another session for {Retries.Total.TotalMinutes:0.#} minutes: "
                        + $"{session.Monitor.LastBlockers ?? "one that is gone by now"}.", Remedies.EndSession)
                : new MigrationOutcome.Failed("before the first version", null, Remedies.Message(exception), Remedies.ForFailure(exception));
        }
        finally
        {
            if (session is not null)
                await session.DisposeAsync();
        }
    }

    async Task<MigrationOutcome> RunAsync(MigrationSession session, IProgress<MigrationProgress> progress,
        Func<NpgsqlConnection, MigrationHistory, Task<Plan>> plan, CancellationToken cancellationToken)
    {
        var connection = session.Connection;
        if (await session.LockAsync(cancellationToken) is { } obstacle)
            return new MigrationOutcome.Refused([obstacle]);
        while (true)
        {
            // Another program may have made the tables while this one waited.
            var server = await ServerFacts.ReadAsync(connection, Retries.Total, cancellationToken);
            if (!server.MayReadRecords)
                return new MigrationOutcome.Refused([await RightsCheck.UnreadableAsync(connection, server, cancellationToken)]);
            var planned = await plan(connection, await MigrationHistory.ReadAsync(connection, server, cancellationToken));
            if (planned.Errors.Count > 0)
                return new MigrationOutcome.Refused(planned.Errors);
            foreach (var warning in planned.Warnings)
                progress.Report(new MigrationProgress.Note(warning, Warning: true));
            if (server is { HasNamesake: true, IsReadOnly: false })
                await MigrationHistory.KeepNamesakeOutAsync(connection, server, cancellationToken);
            if (!server.IsReadOnly)
                await PublicSchemaCheck.KeepOthersOutAsync(connection, progress, cancellationToken);
            try
            {
                var outcome = await CarryOutAsync(session, planned, progress, cancellationToken);
                if (outcome is MigrationOutcome.Done && !server.IsReadOnly)
                    await RoutinePaths.KeepAsync(connection, progress, cancellationToken);
                return outcome;
            }
            catch (DoneMeanwhileException)
            {
                progress.Report(new MigrationProgress.Note("Another program did a part of this meanwhile."));
            }
        }
    }

    async Task<MigrationOutcome> CarryOutAsync(MigrationSession session, Plan plan, IProgress<MigrationProgress> progress,
        CancellationToken cancellationToken)
    {
        if (plan.IsEmpty)
            return new MigrationOutcome.Done(0);
        await PrepareAsync(session.Connection, plan, cancellationToken);
        var tokens = new TokenSteps(variables, progress);
        // Own tables go before the reference's on the way back, and after them on the way forward.
        IReadOnlyList<IReadOnlyList<EvolveScript>> chains = plan.UsesBaseline
            ? [[EvolveScript.Baseline(plan.Runs, Reference.Baseline!, Retries)]]
            : [.. plan.RunsByChain.Select(chain => EvolveScript.Of(chain, Retries))];
        var count = plan.UsesBaseline ? 1 : plan.Runs.Count;
        var before = 0;
        foreach (var scripts in chains)
        {
            if (await new EvolveRun(session, tokens, scripts, before, count, Retries, progress, time).RunAsync(cancellationToken) is { } failed)
                return failed;
            before += scripts.Sum(script => script.Runs.Count);
        }

        if (!plan.UsesBaseline)
            await AnalyzeAsync(session, plan.Runs, progress, cancellationToken);
        if (plan.Applied.Count == 0 && plan.Runs.Count > 0)
            await session.Connection.ExecuteAsync(MigrationHistory.DropTablesSql, cancellationToken);
        else if (plan.Runs.Any(run => run.Back))
            await session.Connection.ExecuteAsync(
                $"{MigrationHistory.SweepSql("public")};\n{MigrationHistory.SweepSql("teslamate")}", cancellationToken);
        return new MigrationOutcome.Done(plan.UsesBaseline ? Reference.All.Count : plan.Versions);
    }

    /// <summary>Brings the tables of applied versions together and takes the views away, before any version runs.</summary>
    async Task PrepareAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancellationToken)
    {
        var reconciliation = plan.Reconciliation;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (MigrationHistory.TablesSql(plan.Server) is { Length: > 0 } tables)
            await connection.ExecuteAsync(tables, cancellationToken);
        await using var batch = connection.CreateBatch();
        if (plan.Server is { PublicObjects: 0, HasChangelog: false, HasSchemaMigrations: false })
        {
            batch.Add("""
                insert into public.changelog (type, version, description, name, checksum, installed_by, success)
                values (2, '0', 'Empty schema found: public.', 'public', '', current_user, true)
                """);
        }

        // Views would keep versions from changing what they show, and one another from being made anew.
        if (plan.Runs.Count > 0 && plan.Server.HasOwnTables)
        {
            await connection.ExecuteAsync("select set_config('teslamate.repeatables', $1, true)", cancellationToken,
                Value.Of(string.Join('\n', Own.Repeatables.SelectMany(file => file.Objects))));
            await connection.ExecuteAsync(MigrationFolder.Text("queries/drop_repeatables.sql"), cancellationToken);
        }

        if (reconciliation.IsNeeded)
        {
            // The reference's migrator, which holds this lock, is waited for as long as it works.
            await connection.ExecuteAsync($"""
                set local lock_timeout = 0;
                lock table public.schema_migrations in share update exclusive mode;
                set local lock_timeout = {(long)Retries.Total.TotalMilliseconds};
                {MigrationHistory.SweepSql("public", Reference)};
                {MigrationHistory.SweepSql("teslamate", Own)}
                """, cancellationToken);
            batch.Add("delete from public.changelog where type = 0 and version = any ($1::bigint[]::text[])",
                Value.Array<long>([.. reconciliation.ToForget, .. reconciliation.ToRecord.Select(migration => migration.Version)]));
            batch.Add("""
                insert into public.schema_migrations (version, inserted_at)
                select version, date_trunc('second', coalesce((
                    select max(installed_on) from public.changelog where type = 0 and success and changelog.version = lost.version::text),
                        now() at time zone 'utc'))
                from unnest($1::bigint[]) as lost (version)
                on conflict do nothing
                """, Value.Array<long>([.. reconciliation.ToRestore]));
            foreach (var migration in reconciliation.ToRecord)
                batch.Add(MigrationHistory.RecordSql("public", migration, plan.History.TimeOf(migration.Version)));
        }

        var coming = plan.Runs.Where(run => !run.Back && run.Migration is not null).Select(run => (run.Chain, run.Migration!));
        MigrationHistory.AddUndoScripts(batch, [.. reconciliation.UndoScripts.Union(coming)]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    static async Task AnalyzeAsync(MigrationSession session, IReadOnlyList<PlannedRun> runs, IProgress<MigrationProgress> progress,
        CancellationToken cancellationToken)
    {
        foreach (var table in runs.SelectMany(run => run.Script.Head.Rewrites).Distinct(StringComparer.Ordinal))
        {
            var qualified = ScriptHead.Qualified(table);
            session.Monitor.Begin($"Gathering statistics of {table}");
            try
            {
                if (!await session.Connection.ScalarAsync<bool>($"select to_regclass('{qualified}') is not null", cancellationToken))
                    continue;
                // Indexes on expressions call functions that look for others in public.
                await using var transaction = await session.Connection.BeginTransactionAsync(cancellationToken);
                await session.Connection.ExecuteAsync($"set local search_path = public; analyze {qualified}", cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                // The versions are committed; PostgreSQL's own housekeeping makes up for this.
                progress.Report(new MigrationProgress.Note($"The statistics of {table} are not gathered: another session keeps the table.",
                    Warning: true));
            }
        }
    }
}
