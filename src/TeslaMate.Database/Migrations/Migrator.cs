using Npgsql;
using TeslaMate.Configuration;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Takes databases forward, back and on from where the reference left them (spec migrations 2 and 7; evolve). Each version is one transaction
/// together with its rows in <c>schema_migrations</c> and <c>changelog</c>, so that whatever happens the database stands at a whole version.
/// </summary>
/// <param name="variables">Where a migration finds the key for the Tesla tokens.</param>
public sealed class Migrator(DatabaseSettings settings, Variables variables, TimeProvider time)
{
    // Read when first needed: a program that only asks for the state of a current database has no use for scripts.
    readonly Lazy<MigrationFolder> _reference = new(() => MigrationFolder.Embedded(""));
    readonly Lazy<MigrationFolder> _own = new(() => MigrationFolder.Embedded("teslamate/"));

    internal MigrationFolder Reference { get => field ?? _reference.Value; init; }

    internal MigrationFolder Own { get => field ?? _own.Value; init; }

    internal LockRetryPolicy Retries { get; init; } = LockRetryPolicy.Default;

    /// <summary>Where the database stands; changes nothing and waits for nobody.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<SchemaState> StateAsync(CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Retries, new Progress(), time, cancellationToken);
        var history = await session.ReadHistoryAsync(cancellationToken);
        var reconciliation = await ReconcileAsync(session, history, cancellationToken);
        return await StateAsync(session, history, reconciliation, cancellationToken);
    }

    /// <summary>What the live schema has too much, too little or otherwise than its versions should have given it; empty when nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SchemaDifference>> CheckAsync(CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Retries, new Progress(), time, cancellationToken);
        var history = await session.ReadHistoryAsync(cancellationToken);
        var reconciliation = await ReconcileAsync(session, history, cancellationToken);
        var live = await LiveSchema.ReadAsync(session.Connection, cancellationToken);
        var differences = SchemaDifference.Between(ExpectedSchema.Recorded.At(reconciliation.Applied), live);
        var lagging = await SequenceCheck.FindAsync(session.Connection, cancellationToken);
        return
        [
            .. differences, .. await MissingObjectsAsync(session.Connection, history, cancellationToken),
            .. lagging.Select(sequence => new SchemaDifference(DifferenceKind.Wrong, sequence.ToString(), sequence.Repair)),
        ];
    }

    /// <summary>Views and functions that a repeatable migration made and that somebody dropped.</summary>
    async Task<IReadOnlyList<SchemaDifference>> MissingObjectsAsync(NpgsqlConnection connection, MigrationHistory history,
        CancellationToken cancellationToken)
    {
        List<SchemaDifference> missing = [];
        foreach (var file in Own.Repeatables.Where(file => !IsStale(history, file)))
        {
            foreach (var name in file.Objects)
            {
                if (!await connection.ScalarAsync<bool>($"""
                    select exists (select from pg_class where relnamespace = to_regnamespace('teslamate') and relname = '{name}')
                        or exists (select from pg_proc where pronamespace = to_regnamespace('teslamate') and proname = '{name}')
                    """, cancellationToken))
                {
                    missing.Add(new SchemaDifference(DifferenceKind.Missing, $"teslamate.{name}, which {file.Script.FileName} makes, is missing",
                        $"delete from teslamate.changelog where name = '{file.Script.FileName}'; -- then: teslamate migrate"));
                }
            }
        }

        return missing;
    }

    /// <summary>Says why <see cref="NpgsqlException"/> came up on the way to the database, and what to do.</summary>
    public PreflightError Explain(NpgsqlException exception) => Remedies.ForConnecting(exception, settings);

    /// <summary>Runs what is pending, or with <paramref name="to"/> what is pending up to that version.</summary>
    /// <param name="writesLostRows">Take versions for applied whose work is there although <c>schema_migrations</c> has lost their rows.</param>
    public Task<MigrationOutcome> MigrateAsync(
        IProgress<MigrationProgress> progress, CancellationToken cancellationToken, long? to = null, bool writesLostRows = false)
        => RunAsync(progress, (session, history) => PlanForwardAsync(session, history, to, writesLostRows, cancellationToken), cancellationToken);

    /// <summary>Undoes <paramref name="version"/> and everything newer, newest first.</summary>
    public Task<MigrationOutcome> RollbackAsync(long version, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        => RunAsync(progress, (session, history) => PlanBackAsync(session, history, version, cancellationToken), cancellationToken);

    /// <summary>Undoes the versions that this program does not know, by the scripts that the newer program left in the database.</summary>
    public Task<MigrationOutcome> RollbackToKnownAsync(IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        => RunAsync(progress, (session, history) => PlanBackAsync(session, history, version: null, cancellationToken), cancellationToken);

    /// <summary>What <see cref="MigrateAsync"/> would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastAsync(CancellationToken cancellationToken, long? to = null, bool writesLostRows = false)
        => ForecastAsync((session, history) => PlanForwardAsync(session, history, to, writesLostRows, cancellationToken), cancellationToken);

    /// <summary>What <see cref="RollbackAsync"/> (or without a version <see cref="RollbackToKnownAsync"/>) would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastRollbackAsync(long? version, CancellationToken cancellationToken)
        => ForecastAsync((session, history) => PlanBackAsync(session, history, version, cancellationToken), cancellationToken);

    async Task<MigrationForecast> ForecastAsync(Func<MigrationSession, MigrationHistory, Task<Plan>> plan, CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Retries, new Progress(), time, cancellationToken);
        var history = await session.ReadHistoryAsync(cancellationToken);
        var planned = await plan(session, history);
        return await MigrationForecast.OfAsync(session.Connection, planned, cancellationToken);
    }

    async Task<MigrationOutcome> RunAsync(
        IProgress<MigrationProgress> progress, Func<MigrationSession, MigrationHistory, Task<Plan>> plan, CancellationToken cancellationToken)
    {
        MigrationSession session;
        try
        {
            session = await MigrationSession.OpenAsync(settings, Retries, progress, time, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            return new MigrationOutcome.Refused([Remedies.ForConnecting(exception, settings)]);
        }

        await using (session)
        {
            try
            {
                if (await session.LockAsync(cancellationToken) is { } obstacle)
                    return new MigrationOutcome.Refused([obstacle]);
                while (true)
                {
                    // Another program may have made the tables while this one waited.
                    var server = await ServerFacts.ReadAsync(session.Connection, Retries.Total, cancellationToken);
                    if (!server.MayReadRecords)
                        return new MigrationOutcome.Refused([await RightsCheck.UnreadableAsync(session.Connection, server, cancellationToken)]);
                    var planned = await plan(session, await MigrationHistory.ReadAsync(session.Connection, server, cancellationToken));
                    if (planned.Errors.Count > 0)
                        return new MigrationOutcome.Refused(planned.Errors);
                    foreach (var warning in planned.Warnings)
                        progress.Report(new MigrationProgress.Note(warning, Warning: true));
                    if (server is { HasNamesake: true, IsReadOnly: false })
                        await MigrationHistory.KeepNamesakeOutAsync(session.Connection, server, cancellationToken);
                    if (!server.IsReadOnly)
                        await PublicSchemaCheck.KeepOthersOutAsync(session.Connection, progress, cancellationToken);
                    try
                    {
                        var outcome = await CarryOutAsync(session, planned, progress, cancellationToken);
                        if (!server.IsReadOnly)
                            await RoutinePaths.KeepAsync(session.Connection, progress, cancellationToken);
                        return outcome;
                    }
                    catch (DoneMeanwhileException)
                    {
                        progress.Report(new MigrationProgress.Note("Another program did a part of this meanwhile."));
                    }
                }
            }
            catch (VersionFailedException exception)
            {
                return new MigrationOutcome.Failed(exception.Version, exception.Statement, exception.Message, exception.Remedy);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                return new MigrationOutcome.Failed("before the first version", null,
                    $"A table was kept by another session for {Retries.Total.TotalMinutes:0.#} minutes: "
                        + $"{session.Monitor.LastBlockers ?? "one that is gone by now"}.",
                    Remedies.EndSession);
            }
            catch (NpgsqlException exception)
            {
                return new MigrationOutcome.Failed("before the first version", null, Remedies.Message(exception), Remedies.ForFailure(exception));
            }
        }
    }

    async Task<MigrationOutcome> CarryOutAsync(MigrationSession session, Plan plan, IProgress<MigrationProgress> progress,
        CancellationToken cancellationToken)
    {
        if (plan.IsEmpty)
            return new MigrationOutcome.Done(0);
        await PrepareAsync(session, plan, cancellationToken);
        var tokens = new TokenSteps(variables, progress);
        // Own tables go before the reference's on the way back, and after them on the way forward.
        IReadOnlyList<IReadOnlyList<EvolveScript>> chains = plan.UsesBaseline
            ? [[EvolveScript.Baseline(plan.Runs, Reference.Baseline!)]]
            : [.. plan.RunsByChain.Select(chain => EvolveScript.Of(chain, Retries))];
        var count = plan.UsesBaseline ? 1 : plan.Runs.Count;
        var before = 0;
        foreach (var scripts in chains)
        {
            await new EvolveRun(session, tokens, scripts, before, count, Retries, progress, time).RunAsync(cancellationToken);
            before += scripts.Sum(script => script.Runs.Count);
        }

        if (!plan.UsesBaseline)
            await AnalyzeAsync(session, plan.Runs, progress, cancellationToken);
        if (plan.Applied.Count == 0 && plan.Runs.Count > 0)
            await MigrationHistory.DropTablesAsync(session.Connection, cancellationToken);
        else if (plan.Runs.Any(run => run.Back))
            await session.Connection.ExecuteAsync($"{MigrationHistory.SweepSql("public")};\n{MigrationHistory.SweepSql("teslamate")}",
                cancellationToken);
        return new MigrationOutcome.Done(plan.UsesBaseline ? Reference.All.Count : plan.Versions);
    }

    /// <summary>Brings the tables of applied versions together and takes the views away, before any version runs.</summary>
    async Task PrepareAsync(MigrationSession session, Plan plan, CancellationToken cancellationToken)
    {
        var (connection, reconciliation) = (session.Connection, plan.Reconciliation);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await MigrationHistory.CreateTablesAsync(connection, plan.Server, cancellationToken);
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
            await connection.ExecuteAsync(RepeatableMigration.DropSql(Own.Repeatables), cancellationToken);
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
            batch.Add("delete from public.changelog where type = 0 and version = any ($1::bigint[]::text[])")
                .Parameters.Add(Value.Array<long>([.. reconciliation.ToForget]));
            batch.Add("""
                insert into public.schema_migrations (version, inserted_at)
                select version, date_trunc('second', coalesce((
                    select max(installed_on) from public.changelog where type = 0 and success and changelog.version = lost.version::text),
                        now() at time zone 'utc'))
                from unnest($1::bigint[]) as lost (version)
                on conflict do nothing
                """).Parameters.Add(Value.Array<long>([.. reconciliation.ToRestore]));
            MigrationHistory.AddRecords(batch, reconciliation.ToRecord,
                [.. reconciliation.ToRecord.Select(migration => plan.TimeOf(migration.Version) ?? time.GetUtcNow())]);
        }

        List<Migration> coming = [.. plan.Runs.Where(run => !run.Back).Select(run => run.Migration).OfType<Migration>()];
        MigrationHistory.AddUndoScripts(batch, Chain.Reference, [.. reconciliation.UndoScripts.Union(coming.Where(Reference.All.Contains))]);
        MigrationHistory.AddUndoScripts(batch, Chain.Own, [.. reconciliation.OwnUndoScripts.Union(coming.Where(Own.All.Contains))]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    static async Task AnalyzeAsync(MigrationSession session, IReadOnlyList<PlannedRun> runs, IProgress<MigrationProgress> progress,
        CancellationToken cancellationToken)
    {
        var rewritten = runs.SelectMany(run => run.Script.Head.Rewrites).Distinct(StringComparer.Ordinal);
        foreach (var table in rewritten)
        {
            var qualified = ScriptHead.Qualified(table);
            session.Monitor.Begin($"Gathering statistics of {table}");
            try
            {
                if (await session.Connection.ScalarAsync<bool>($"select to_regclass('{qualified}') is not null", cancellationToken))
                {
                    // Indexes on expressions call functions that look for others in public.
                    await using var transaction = await session.Connection.BeginTransactionAsync(cancellationToken);
                    await session.Connection.ExecuteAsync($"set local search_path = public; analyze {qualified}", cancellationToken);
                    await transaction.CommitAsync(cancellationToken);
                }
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                // The versions are committed; PostgreSQL's own housekeeping makes up for this.
                progress.Report(new MigrationProgress.Note($"The statistics of {table} are not gathered: another session keeps the table.",
                    Warning: true));
            }
        }
    }

    /// <param name="writesLostRows">Whether versions that no table has, but whose work is there, count as applied.</param>
    async Task<Reconciliation> ReconcileAsync(
        MigrationSession session, MigrationHistory history, CancellationToken cancellationToken, bool writesLostRows = false)
    {
        // The live schema is read only when the tables disagree.
        var doubtful = history.Server.HasSchemaMigrations
            && history.Changelog.Any(row => row.Success && !history.SchemaMigrations.ContainsKey(row.Version));
        var live = doubtful ? await LiveSchema.ReadAsync(session.Connection, cancellationToken) : null;
        Reconciliation Reconcile(IReadOnlyList<long> lost) => Reconciliation.Of(history, Reference, Own,
            versions => live is null ? [] : ExpectedSchema.Recorded.ShownIn(live, [.. history.SchemaMigrations.Keys], versions), lost);
        var reconciliation = Reconcile([]);
        return writesLostRows ? Reconcile(await LostAsync(session, reconciliation, cancellationToken)) : reconciliation;
    }

    /// <summary>Versions of which no table knows, although the live schema shows their work.</summary>
    async Task<IReadOnlyList<long>> LostAsync(MigrationSession session, Reconciliation reconciliation, CancellationToken cancellationToken)
    {
        List<long> pending = [.. Reference.All.Select(migration => migration.Version).Where(version => !reconciliation.Applied.Contains(version))];
        if (pending.Count == 0 || session.Server.PublicObjects == 0)
            return [];
        var shown = ExpectedSchema.Recorded.ShownIn(await LiveSchema.ReadAsync(session.Connection, cancellationToken), reconciliation.Applied,
            pending);
        return shown.Any(ExpectedSchema.Recorded.IsVisible) ? shown : [];
    }

    async Task<SchemaState> StateAsync(MigrationSession session, MigrationHistory history, Reconciliation reconciliation,
        CancellationToken cancellationToken)
    {
        var own = history.OwnChangelog.Where(row => row.Success).ToList();
        List<ExtensionState> extensions = [];
        await foreach (var row in session.Connection.RowsAsync("""
            select name, installed_version, default_version
            from unnest(array['cube', 'earthdistance']) as name left join pg_available_extensions using (name)
            """, cancellationToken))
            extensions.Add(new ExtensionState(row.GetString(0), row.Text(1), row.Text(2)));
        return new SchemaState
        {
            ServerVersion = history.Server.Version,
            Applied = [.. reconciliation.Applied.Order()
                .Select(version => new AppliedVersion(version, Reference.Find(version)?.Name, TimeOf(history, version)))],
            Pending = [.. Reference.All.Where(migration => !reconciliation.Applied.Contains(migration.Version))
                .Select(migration => new PendingVersion(migration.Version, migration.Name))],
            OwnApplied = [.. own.OrderBy(row => row.Version).Select(row => new AppliedVersion(row.Version, Own.Find(row.Version)?.Name, row.At))],
            OwnPending = [.. Own.All.Where(migration => !own.Any(row => row.Version == migration.Version))
                .Select(migration => new PendingVersion(migration.Version, migration.Name))],
            PendingRepeatables = [.. Own.Repeatables.Where(file => IsStale(history, file)).Select(file => file.Script.FileName)],
            ChecksumMismatches = Mismatches(history, reconciliation),
            Extensions = extensions,
            Newest = Reference.Newest,
            Warnings = await PublicSchemaCheck.OthersAsync(session.Connection, cancellationToken) is { } others ? [others] : [],
        };
    }

    // Somebody who empties a checksum says nothing about the file.
    static bool IsSame(string? recorded, string checksum)
        => recorded is null || string.Equals(recorded, checksum, StringComparison.OrdinalIgnoreCase);

    static bool IsStale(MigrationHistory history, RepeatableMigration file)
        => history.Repeatables.GetValueOrDefault(file.Script.FileName) != file.Script.Checksum;

    List<ChecksumMismatch> Mismatches(MigrationHistory history, Reconciliation reconciliation) =>
    [
        .. from row in history.Changelog
           where row.Success && reconciliation.Applied.Contains(row.Version)
           let migration = Reference.Find(row.Version)
           where migration is not null && !IsSame(row.Checksum, migration.Up.Checksum)
           select new ChecksumMismatch(migration.Up.FileName, row.Checksum ?? "none", migration.Up.Checksum),
        .. from row in history.OwnChangelog
           where row.Success
           let migration = Own.Find(row.Version)
           where migration is not null && !IsSame(row.Checksum, migration.Up.Checksum)
           select new ChecksumMismatch($"teslamate/{migration.Up.FileName}", row.Checksum ?? "none", migration.Up.Checksum),
    ];

    static DateTimeOffset? TimeOf(MigrationHistory history, long version)
        => history.SchemaMigrations.TryGetValue(version, out var time) && time is not null ? time
            : history.Changelog.Where(row => row.Version == version && row.Success).Select(row => row.At).FirstOrDefault();

    PreflightError LostRows(Reconciliation reconciliation, IReadOnlyList<long> lost)
    {
        var version = Reference.Find(lost.Concat(reconciliation.Applied.Where(applied => applied <= Reference.Newest)).Max());
        return new PreflightError(
            $"The tables are those of version {version}, but schema_migrations lacks "
                + $"{(lost.Count == 1 ? $"version {lost[0]}" : $"{lost.Count} versions")} of it.",
            "Have the rows written again (teslamate migrate --write-lost-rows), or write them: insert into public.schema_migrations (version, "
                + "inserted_at) "
                + $"select version, now() at time zone 'utc' from unnest(array[{string.Join(", ", lost)}]) as version on conflict do nothing;",
            "select * from public.schema_migrations order by version;");
    }

    async Task<Plan> PlanForwardAsync(
        MigrationSession session, MigrationHistory history, long? to, bool writesLostRows, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(session, history, cancellationToken, writesLostRows);
        var plan = new Plan(history, reconciliation);
        CheckServer(plan);
        CheckMigrationHistory(plan);
        if (to is { } target && Reference.Find(target) is null)
            plan.Errors.Add(new PreflightError($"This program has no version {target}.",
                "teslamate status lists the versions; the newest is " + Reference.Newest + "."));
        if (plan.Errors.Count == 0 && await LostAsync(session, reconciliation, cancellationToken) is { Count: > 0 } lost)
            plan.Errors.Add(LostRows(reconciliation, lost));
        if (plan.Errors.Count > 0)
            return plan;

        foreach (var migration in Reference.All.Where(
            migration => migration.Version <= (to ?? long.MaxValue) && !reconciliation.Applied.Contains(migration.Version)))
        {
            plan.Runs.Add(new PlannedRun(Chain.Reference, migration.Version, migration.Name, Back: false, migration.Up, migration));
            plan.Applied.Add(migration.Version);
        }

        var reachesNewest = Reference.All.All(migration => plan.Applied.Contains(migration.Version));
        foreach (var migration in Own.All.Where(
            migration => reachesNewest && !history.OwnChangelog.Any(row => row.Success && row.Version == migration.Version)))
            plan.Runs.Add(new PlannedRun(Chain.Own, migration.Version, migration.Name, Back: false, migration.Up, migration));
        if (reachesNewest && (plan.Runs.Count > 0 || Own.Repeatables.Any(file => IsStale(history, file))))
            plan.Runs.AddRange(Own.Repeatables.Select(PlannedRun.Of));
        plan.UsesBaseline = reachesNewest && reconciliation.Applied.Count == 0 && Reference.Baseline is not null;
        await Preflight.CheckAsync(session.Connection, plan, settings, cancellationToken);
        return plan;
    }

    async Task<Plan> PlanBackAsync(MigrationSession session, MigrationHistory history, long? version, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(session, history, cancellationToken);
        var plan = new Plan(history, reconciliation);
        CheckServer(plan);
        // Versions below the newest that no file names are left alone, in both directions.
        var back = reconciliation.Applied.Where(applied => version is null ? applied > Reference.Newest : applied >= version)
            .Where(applied => applied > Reference.Newest || Reference.Find(applied) is not null).OrderDescending().ToList();
        // Our own tables build on the reference's newest version; they go first unless it stays.
        var keepsNewest = version is null || back.Count == 0;
        var own = history.OwnChangelog.Where(row => row.Success && (!keepsNewest || (version is null && Own.Find(row.Version) is null)))
            .Select(row => row.Version).OrderDescending();
        foreach (var applied in own)
            await AddBackAsync(Chain.Own, applied, Own.Find(applied));
        foreach (var applied in back)
        {
            await AddBackAsync(Chain.Reference, applied, Reference.Find(applied));
            plan.Applied.Remove(applied);
        }

        // Where this program stays at home, its views come back.
        if (keepsNewest && plan.Runs.Count > 0 && Reference.All.All(migration => plan.Applied.Contains(migration.Version))
            && Own.All.All(migration => history.OwnChangelog.Any(row => row.Success && row.Version == migration.Version)))
            plan.Runs.AddRange(Own.Repeatables.Select(PlannedRun.Of));
        if (plan.Errors.Count == 0)
            await Preflight.CheckAsync(session.Connection, plan, settings, cancellationToken);
        return plan;

        async Task AddBackAsync(Chain chain, long applied, Migration? known)
        {
            var script = known?.Down;
            if (script is null && history.UndoScripts.ContainsKey((chain, applied)))
            {
                await foreach (var row in session.Connection.RowsAsync(
                    $"select name, sql from teslamate.undo_scripts where own = {(chain is Chain.Own ? "true" : "false")} and version = {applied}",
                    cancellationToken))
                    script = new MigrationFile(row.GetString(0), row.GetString(1));
            }

            if (script is null)
            {
                plan.Errors.Add(new PreflightError($"This program does not know version {applied}, and the database does not hold the script that "
                    + "takes it back.",
                    "Use the program that brought it, or restore a backup from before."));
                return;
            }

            var name = known?.Name ?? Path.GetFileNameWithoutExtension(
                script.FileName)[(script.FileName.IndexOf("__", StringComparison.Ordinal) + 2)..];
            plan.Runs.Add(new PlannedRun(chain, applied, name, Back: true, script, known));
        }
    }

    static void CheckServer(Plan plan)
    {
        var server = plan.Server;
        if (server.Major < SupportedServers.Oldest)
        {
            plan.Errors.Add(new PreflightError($"PostgreSQL {server.Version} is too old: the newest indexes on positions and the tests of this "
                + "program need "
                    + $"{SupportedServers.Range}.",
                "Upgrade the server (17 is a good choice), then run the same command again."));
        }

        if (server.Major > SupportedServers.Newest)
            plan.Warnings.Add($"PostgreSQL {server.Version} is newer than this program was tested with ({SupportedServers.Range}).");
        if (!server.HasPublicSchema)
            plan.Errors.Add(new PreflightError($"The database {server.Database} has no schema public.", "create schema public;"));
    }

    void CheckMigrationHistory(Plan plan)
    {
        var newer = plan.Reconciliation.Applied.Where(version => version > Reference.Newest).Order().ToList();
        var newerOwn = plan.MigrationHistory.OwnChangelog.Where(row => row.Success && Own.Find(row.Version) is null).Select(row => row.Version)
            .ToList();
        if (newer.Count + newerOwn.Count > 0)
        {
            var hasScripts = newer.All(version => plan.MigrationHistory.UndoScripts.ContainsKey((Chain.Reference, version)))
                && newerOwn.All(version => plan.MigrationHistory.UndoScripts.ContainsKey((Chain.Own, version)));
            plan.Errors.Add(new PreflightError(
                $"The database has versions that this program does not know: {string.Join(", ", [.. newer, .. newerOwn])}. The newest it knows is "
                    + $"{Reference.Newest}.",
                "Use the newer program" + (hasScripts
                    ? ", or go back to what this one knows: teslamate rollback --to-known" : ", or restore a backup from before."),
                $"select * from schema_migrations where version > {Reference.Newest};"));
        }

        foreach (var version in plan.Reconciliation.Applied.Where(version => version < Reference.Newest && Reference.Find(version) is null))
            plan.Warnings.Add($"The database has version {version}, which this program does not know. It is left alone.");
        if (plan.Reconciliation.ToRestore is { Count: > 0 } restored)
        {
            var versions = restored.Count == 1 ? $"version {restored[0]}" : $"{restored.Count} versions from {restored[0]} to {restored[^1]}";
            plan.Warnings.Add($"schema_migrations lacked {versions} although their work is there; the rows are written again.");
        }

        foreach (var mismatch in Mismatches(plan.MigrationHistory, plan.Reconciliation))
        {
            var table = mismatch.FileName.StartsWith("teslamate/", StringComparison.Ordinal) ? "teslamate.changelog" : "public.changelog";
            var name = Path.GetFileName(mismatch.FileName);
            plan.Errors.Add(new PreflightError(
                $"{mismatch.FileName} is not the file that was applied: its checksum is {mismatch.Expected}, the database recorded "
                    + $"{mismatch.Recorded}.",
                $"Use the program that applied it. If the difference is known to be harmless: update {table} set checksum = '{mismatch.Expected}' "
                    + $"where name = '{name}';",
                $"select * from {table} where name = '{name}';"));
        }
    }

    sealed class Progress : IProgress<MigrationProgress>
    {
        public void Report(MigrationProgress value)
        {
        }
    }
}
