using Npgsql;
using TeslaMate.Configuration;

namespace TeslaMate.Database.Migrations;

/// <summary>
/// Takes databases forward, back and on from where the reference left them (migrations, 2 and 7; evolve). Each version is one transaction together with its
/// rows in <c>schema_migrations</c> and <c>changelog</c>, so that whatever happens the database stands at a whole version.
/// </summary>
/// <param name="variables">Where a migration finds the key for the Tesla tokens.</param>
public sealed class Migrator(DatabaseSettings settings, Variables variables, TimeProvider time)
{
    // Read when first needed: a program that only asks for the state of a current database has no use for scripts.
    readonly Lazy<MigrationFolder> _reference = new(() => MigrationFolder.Embedded(""));
    readonly Lazy<MigrationFolder> _own = new(() => MigrationFolder.Embedded("teslamate/"));

    internal MigrationFolder Reference { get => field ?? _reference.Value; init; }

    internal MigrationFolder Own { get => field ?? _own.Value; init; }

    internal LockPatience Patience { get; init; } = LockPatience.Default;

    /// <summary>Where the database stands; changes nothing and waits for nobody.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<SchemaState> StateAsync(CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Patience, new Progress(), time, cancellationToken);
        var ledger = await session.ReadLedgerAsync(cancellationToken);
        var reconciliation = await ReconcileAsync(session, ledger, cancellationToken);
        return await StateAsync(session, ledger, reconciliation, cancellationToken);
    }

    /// <summary>What the live schema has too much, too little or otherwise than its versions should have given it; empty when nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SchemaDifference>> CheckAsync(CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Patience, new Progress(), time, cancellationToken);
        var ledger = await session.ReadLedgerAsync(cancellationToken);
        var reconciliation = await ReconcileAsync(session, ledger, cancellationToken);
        var live = await LiveSchema.ReadAsync(session.Connection, cancellationToken);
        var differences = SchemaDifference.Between(ExpectedSchema.Recorded.At(reconciliation.Applied), live);
        var lagging = await SequenceCheck.FindAsync(session.Connection, cancellationToken);
        return
        [
            .. differences, .. await MissingObjectsAsync(session.Connection, ledger, cancellationToken),
            .. lagging.Select(sequence => new SchemaDifference(DifferenceKind.Wrong, sequence.ToString(), sequence.Repair)),
        ];
    }

    /// <summary>Views and functions that a repeatable migration made and that somebody dropped.</summary>
    async Task<IReadOnlyList<SchemaDifference>> MissingObjectsAsync(NpgsqlConnection connection, Ledger ledger, CancellationToken cancellationToken)
    {
        List<SchemaDifference> missing = [];
        foreach (var file in Own.Repeatables.Where(file => !IsStale(ledger, file)))
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
    public Obstacle Explain(NpgsqlException exception) => Remedies.ForConnecting(exception, settings);

    /// <summary>Runs what is pending, or with <paramref name="to"/> what is pending up to that version.</summary>
    public Task<MigrationOutcome> MigrateAsync(IProgress<MigrationProgress> progress, CancellationToken cancellationToken, long? to = null)
        => RunAsync(progress, (session, ledger) => PlanForwardAsync(session, ledger, to, cancellationToken), cancellationToken);

    /// <summary>Undoes <paramref name="version"/> and everything newer, newest first.</summary>
    public Task<MigrationOutcome> RollbackAsync(long version, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        => RunAsync(progress, (session, ledger) => PlanBackAsync(session, ledger, version, cancellationToken), cancellationToken);

    /// <summary>Undoes the versions that this program does not know, by the scripts that the newer program left in the database.</summary>
    public Task<MigrationOutcome> RollbackToKnownAsync(IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        => RunAsync(progress, (session, ledger) => PlanBackAsync(session, ledger, version: null, cancellationToken), cancellationToken);

    /// <summary>What <see cref="MigrateAsync"/> would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastAsync(CancellationToken cancellationToken, long? to = null)
        => ForecastAsync((session, ledger) => PlanForwardAsync(session, ledger, to, cancellationToken), cancellationToken);

    /// <summary>What <see cref="RollbackAsync"/> (or without a version <see cref="RollbackToKnownAsync"/>) would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastRollbackAsync(long? version, CancellationToken cancellationToken)
        => ForecastAsync((session, ledger) => PlanBackAsync(session, ledger, version, cancellationToken), cancellationToken);

    async Task<MigrationForecast> ForecastAsync(Func<MigrationSession, Ledger, Task<Plan>> plan, CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Patience, new Progress(), time, cancellationToken);
        var ledger = await session.ReadLedgerAsync(cancellationToken);
        var planned = await plan(session, ledger);
        return await MigrationForecast.OfAsync(session.Connection, planned, cancellationToken);
    }

    async Task<MigrationOutcome> RunAsync(
        IProgress<MigrationProgress> progress, Func<MigrationSession, Ledger, Task<Plan>> plan, CancellationToken cancellationToken)
    {
        MigrationSession session;
        try
        {
            session = await MigrationSession.OpenAsync(settings, Patience, progress, time, cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            return new MigrationOutcome.Refused([Remedies.ForConnecting(exception, settings)]);
        }

        await using (session)
        {
            try
            {
                await session.LockAsync(cancellationToken);
                // Another program may have made the tables while this one waited.
                var server = await ServerFacts.ReadAsync(session.Connection, Patience.Total, cancellationToken);
                if (!server.MayReadRecords)
                    return new MigrationOutcome.Refused([await RightsCheck.UnreadableAsync(session.Connection, server, cancellationToken)]);
                var planned = await plan(session, await Ledger.ReadAsync(session.Connection, server, cancellationToken));
                if (planned.Obstacles.Count > 0)
                    return new MigrationOutcome.Refused(planned.Obstacles);
                foreach (var warning in planned.Warnings)
                    progress.Report(new MigrationProgress.Note(warning, Warning: true));
                if (server is { HasNamesake: true, IsReadOnly: false })
                    await Ledger.KeepNamesakeOutAsync(session.Connection, server, cancellationToken);
                return await CarryOutAsync(session, planned, progress, cancellationToken);
            }
            catch (VersionFailedException exception)
            {
                return new MigrationOutcome.Failed(exception.Version, exception.Statement, exception.Message, exception.Remedy);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                return new MigrationOutcome.Failed("before the first version", exception.BatchCommand?.CommandText,
                    $"A table was kept by another session for {Patience.Total.TotalMinutes:0.#} minutes: {session.Watch.LastBlockers ?? "one that is gone by now"}.",
                    "End that session (as an administrator: select pg_terminate_backend(<process>)) and run the same command again.");
            }
            catch (NpgsqlException exception)
            {
                return new MigrationOutcome.Failed("before the first version", exception.BatchCommand?.CommandText, Remedies.Message(exception), Remedies.ForFailure(exception));
            }
        }
    }

    async Task<MigrationOutcome> CarryOutAsync(MigrationSession session, Plan plan, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        if (plan.IsEmpty)
            return new MigrationOutcome.Done(0);
        if (plan.UsesBaseline)
            return await RunBaselineAsync(session, plan, progress, cancellationToken);
        await ApplyAsync(session, plan, cancellationToken);
        var run = new VersionRun(session, new TokenSteps(variables, progress), plan.Runs, Patience, progress, time);
        await run.RunAsync(cancellationToken);
        await AnalyzeAsync(session, plan.Runs, progress, cancellationToken);
        if (plan.Applied.Count == 0 && plan.Runs.Count > 0)
            await Ledger.DropTablesAsync(session.Connection, cancellationToken);
        return new MigrationOutcome.Done(plan.Versions);
    }

    async Task<MigrationOutcome> RunBaselineAsync(
        MigrationSession session, Plan plan, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        var label = $"{Reference.Newest} (an empty database gets the newest schema at once)";
        progress.Report(new MigrationProgress.Started(label, Back: false, 1, 1));
        session.Watch.Begin(label);
        var start = time.GetTimestamp();
        var connection = session.Connection;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await Ledger.CreateTablesAsync(connection, plan.Server, cancellationToken);
            await connection.ExecuteAsync("lock table schema_migrations in share update exclusive mode", cancellationToken);
            await connection.ExecuteAsync(Reference.Baseline!.Text, cancellationToken);
            await using var records = connection.CreateBatch();
            if (plan.Server is { PublicObjects: 0, HasChangelog: false, HasSchemaMigrations: false })
            {
                records.Add("""
                    insert into public.changelog (type, version, description, name, checksum, installed_by, success)
                    values (2, '0', 'Empty schema found: public.', 'public', '', current_user, true)
                    """);
            }

            Ledger.AddRecords(records, Chain.Reference, Reference.All, times: null, time.GetUtcNow());
            foreach (var migration in Own.All)
            {
                foreach (var statement in migration.Up.Parts.OfType<ScriptPart.Sql>())
                    await connection.ExecuteAsync(statement.Text, cancellationToken);
            }

            if (Own.All.Count > 0)
                Ledger.AddRecords(records, Chain.Own, Own.All, times: null, time.GetUtcNow());
            foreach (var file in Own.Repeatables)
            {
                await connection.ExecuteAsync(file.Script.Text, cancellationToken);
                Ledger.AddRepeatable(records, file);
            }

            await records.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (NpgsqlException exception)
        {
            throw new VersionFailedException("baseline", exception.BatchCommand?.CommandText, Remedies.Message(exception), Remedies.ForFailure(exception), exception);
        }

        progress.Report(new MigrationProgress.Finished(label, Back: false, 1, 1, time.GetElapsedTime(start)));
        return new MigrationOutcome.Done(Reference.All.Count);
    }

    /// <summary>Brings the tables of applied versions together, before any version runs.</summary>
    async Task ApplyAsync(MigrationSession session, Plan plan, CancellationToken cancellationToken)
    {
        var connection = session.Connection;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await Ledger.CreateTablesAsync(connection, plan.Server, cancellationToken);
        // Views would keep versions from changing what they show, and one another from being made anew.
        if (plan.Runs.Count > 0)
            await connection.ExecuteAsync(RepeatableMigration.DropSql(Own.Repeatables), cancellationToken);
        var reconciliation = plan.Reconciliation;
        if (reconciliation.IsNeeded)
        {
            await session.LockVersionsAsync(Patience.Total, cancellationToken);
            await using var batch = connection.CreateBatch();
            if (reconciliation.ToForget.Count > 0)
                batch.Add("delete from public.changelog where type = 0 and version = any ($1::bigint[]::text[])").Add<long[]>([.. reconciliation.ToForget]);
            if (reconciliation.ToRestore.Count > 0)
            {
                batch.Add("""
                    insert into schema_migrations (version, inserted_at)
                    select version::bigint, installed_on from public.changelog where type = 0 and success and version = any ($1::bigint[]::text[])
                    on conflict do nothing
                    """).Add<long[]>([.. reconciliation.ToRestore]);
            }

            if (reconciliation.ToRecord.Count > 0)
            {
                Ledger.AddRecords(batch, Chain.Reference, reconciliation.ToRecord,
                    [.. reconciliation.ToRecord.Select(migration => Timestamps.ToColumn(plan.TimeOf(migration.Version) ?? time.GetUtcNow()))], time.GetUtcNow());
            }

            if (reconciliation.UndoScripts.Count > 0)
                Ledger.AddUndoScripts(batch, Chain.Reference, reconciliation.UndoScripts);
            if (reconciliation.OwnUndoScripts.Count > 0)
                Ledger.AddUndoScripts(batch, Chain.Own, reconciliation.OwnUndoScripts);
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    static async Task AnalyzeAsync(MigrationSession session, IReadOnlyList<PlannedRun> runs, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        var rewritten = runs.SelectMany(run => run.Script.Head.Rewrites).Distinct(StringComparer.Ordinal);
        foreach (var table in rewritten)
        {
            session.Watch.Begin($"Gathering statistics of {table}");
            try
            {
                if (await session.Connection.ScalarAsync<bool>($"select to_regclass('{table}') is not null", cancellationToken))
                    await session.Connection.ExecuteAsync($"analyze {table}", cancellationToken);
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                // The versions are committed; PostgreSQL's own housekeeping makes up for this.
                progress.Report(new MigrationProgress.Note($"The statistics of {table} are not gathered: another session keeps the table.", Warning: true));
            }
        }
    }

    async Task<Reconciliation> ReconcileAsync(MigrationSession session, Ledger ledger, CancellationToken cancellationToken)
    {
        // The live schema is read only when the tables disagree.
        var doubtful = ledger.Server.HasSchemaMigrations && ledger.Changelog.Any(row => row.Success && !ledger.SchemaMigrations.ContainsKey(row.Version));
        var live = doubtful ? await LiveSchema.ReadAsync(session.Connection, cancellationToken) : null;
        return Reconciliation.Of(
            ledger, Reference, Own, versions => live is null ? [] : ExpectedSchema.Recorded.ShownIn(live, [.. ledger.SchemaMigrations.Keys], versions));
    }

    async Task<SchemaState> StateAsync(MigrationSession session, Ledger ledger, Reconciliation reconciliation, CancellationToken cancellationToken)
    {
        var own = ledger.OwnChangelog.Where(row => row.Success).ToList();
        List<ExtensionState> extensions = [];
        await foreach (var row in session.Connection.RowsAsync("""
            select name, installed_version, default_version
            from unnest(array['cube', 'earthdistance']) as name left join pg_available_extensions using (name)
            """, cancellationToken))
            extensions.Add(new ExtensionState(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)));
        return new SchemaState
        {
            ServerVersion = ledger.Server.Version,
            Applied = [.. reconciliation.Applied.Order().Select(version => new AppliedVersion(version, Reference.Find(version)?.Name, TimeOf(ledger, version)))],
            Pending = [.. Reference.All.Where(migration => !reconciliation.Applied.Contains(migration.Version)).Select(migration => new PendingVersion(migration.Version, migration.Name))],
            OwnApplied = [.. own.OrderBy(row => row.Version).Select(row => new AppliedVersion(row.Version, Own.Find(row.Version)?.Name, row.At))],
            OwnPending = [.. Own.All.Where(migration => !own.Any(row => row.Version == migration.Version)).Select(migration => new PendingVersion(migration.Version, migration.Name))],
            PendingRepeatables = [.. Own.Repeatables.Where(file => IsStale(ledger, file)).Select(file => file.Script.FileName)],
            ChecksumMismatches = Mismatches(ledger, reconciliation),
            Extensions = extensions,
            Newest = Reference.Newest,
        };
    }

    static bool IsStale(Ledger ledger, RepeatableMigration file) => ledger.Repeatables.GetValueOrDefault(file.Script.FileName) != file.Script.Checksum;

    List<ChecksumMismatch> Mismatches(Ledger ledger, Reconciliation reconciliation) =>
    [
        .. from row in ledger.Changelog
           where row.Success && reconciliation.Applied.Contains(row.Version)
           let migration = Reference.Find(row.Version)
           where migration is not null && !string.Equals(row.Checksum, migration.Up.Checksum, StringComparison.OrdinalIgnoreCase)
           select new ChecksumMismatch(migration.Up.FileName, row.Checksum ?? "none", migration.Up.Checksum),
        .. from row in ledger.OwnChangelog
           where row.Success
           let migration = Own.Find(row.Version)
           where migration is not null && !string.Equals(row.Checksum, migration.Up.Checksum, StringComparison.OrdinalIgnoreCase)
           select new ChecksumMismatch($"teslamate/{migration.Up.FileName}", row.Checksum ?? "none", migration.Up.Checksum),
    ];

    static DateTimeOffset? TimeOf(Ledger ledger, long version)
        => ledger.SchemaMigrations.TryGetValue(version, out var time) && time is not null ? time
            : ledger.Changelog.Where(row => row.Version == version && row.Success).Select(row => (DateTimeOffset?)row.At).FirstOrDefault();

    async Task<Plan> PlanForwardAsync(MigrationSession session, Ledger ledger, long? to, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(session, ledger, cancellationToken);
        var plan = new Plan(ledger, reconciliation);
        CheckServer(plan);
        CheckLedger(plan);
        if (to is { } target && Reference.Find(target) is null)
            plan.Obstacles.Add(new Obstacle($"This program has no version {target}.", "teslamate status lists the versions; the newest is " + Reference.Newest + "."));
        if (plan.Obstacles.Count > 0)
            return plan;

        foreach (var migration in Reference.All.Where(migration => migration.Version <= (to ?? long.MaxValue) && !reconciliation.Applied.Contains(migration.Version)))
        {
            plan.Runs.Add(new PlannedRun(Chain.Reference, migration.Version, migration.Name, Back: false, migration.Up, migration));
            plan.Applied.Add(migration.Version);
        }

        var reachesNewest = Reference.All.All(migration => plan.Applied.Contains(migration.Version));
        foreach (var migration in Own.All.Where(migration => reachesNewest && !ledger.OwnChangelog.Any(row => row.Success && row.Version == migration.Version)))
            plan.Runs.Add(new PlannedRun(Chain.Own, migration.Version, migration.Name, Back: false, migration.Up, migration));
        if (reachesNewest && (plan.Runs.Count > 0 || Own.Repeatables.Any(file => IsStale(ledger, file))))
            plan.Runs.AddRange(Own.Repeatables.Select(PlannedRun.Of));
        plan.UsesBaseline = reachesNewest && reconciliation.Applied.Count == 0 && Reference.Baseline is not null;
        await Preflight.CheckAsync(session.Connection, plan, settings, cancellationToken);
        return plan;
    }

    async Task<Plan> PlanBackAsync(MigrationSession session, Ledger ledger, long? version, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(session, ledger, cancellationToken);
        var plan = new Plan(ledger, reconciliation);
        CheckServer(plan);
        // Versions below the newest that no file names are left alone, in both directions.
        var back = reconciliation.Applied.Where(applied => version is null ? applied > Reference.Newest : applied >= version)
            .Where(applied => applied > Reference.Newest || Reference.Find(applied) is not null).OrderDescending().ToList();
        // Our own tables build on the reference's newest version; they go first unless it stays.
        var keepsNewest = version is null || back.Count == 0;
        var own = ledger.OwnChangelog.Where(row => row.Success && (!keepsNewest || (version is null && Own.Find(row.Version) is null)))
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
            && Own.All.All(migration => ledger.OwnChangelog.Any(row => row.Success && row.Version == migration.Version)))
            plan.Runs.AddRange(Own.Repeatables.Select(PlannedRun.Of));
        if (plan.Obstacles.Count == 0)
            await Preflight.CheckAsync(session.Connection, plan, settings, cancellationToken);
        return plan;

        async Task AddBackAsync(Chain chain, long applied, Migration? known)
        {
            var script = known?.Down;
            if (script is null && ledger.UndoScripts.ContainsKey((chain, applied)))
            {
                await foreach (var row in session.Connection.RowsAsync(
                    $"select name, sql from teslamate.undo_scripts where own = {(chain is Chain.Own ? "true" : "false")} and version = {applied}", cancellationToken))
                    script = new MigrationScript(row.GetString(0), row.GetString(1));
            }

            if (script is null)
            {
                plan.Obstacles.Add(new Obstacle($"This program does not know version {applied}, and the database does not hold the script that takes it back.",
                    "Use the program that brought it, or restore a backup from before."));
                return;
            }

            var name = known?.Name ?? Path.GetFileNameWithoutExtension(script.FileName)[(script.FileName.IndexOf("__", StringComparison.Ordinal) + 2)..];
            plan.Runs.Add(new PlannedRun(chain, applied, name, Back: true, script, known));
        }
    }

    static void CheckServer(Plan plan)
    {
        var server = plan.Server;
        if (server.Major < 15)
        {
            plan.Obstacles.Add(new Obstacle($"PostgreSQL {server.Version} is too old: the newest indexes on positions and the tests of this program need 15 to 18.",
                "Upgrade the server (17 is a good choice), then run the same command again."));
        }

        if (server.Major > 18)
            plan.Warnings.Add($"PostgreSQL {server.Version} is newer than this program was tested with (15 to 18).");
        if (!server.HasPublicSchema)
            plan.Obstacles.Add(new Obstacle($"The database {server.Database} has no schema public.", "create schema public;"));
    }

    void CheckLedger(Plan plan)
    {
        var newer = plan.Reconciliation.Applied.Where(version => version > Reference.Newest).Order().ToList();
        var newerOwn = plan.Ledger.OwnChangelog.Where(row => row.Success && Own.Find(row.Version) is null).Select(row => row.Version).ToList();
        if (newer.Count + newerOwn.Count > 0)
        {
            var hasScripts = newer.All(version => plan.Ledger.UndoScripts.ContainsKey((Chain.Reference, version)))
                && newerOwn.All(version => plan.Ledger.UndoScripts.ContainsKey((Chain.Own, version)));
            plan.Obstacles.Add(new Obstacle(
                $"The database has versions that this program does not know: {string.Join(", ", [.. newer, .. newerOwn])}. The newest it knows is {Reference.Newest}.",
                "Use the newer program" + (hasScripts ? ", or go back to what this one knows: teslamate rollback --to-known" : ", or restore a backup from before."),
                $"select * from schema_migrations where version > {Reference.Newest};"));
        }

        foreach (var version in plan.Reconciliation.Applied.Where(version => version < Reference.Newest && Reference.Find(version) is null))
            plan.Warnings.Add($"The database has version {version}, which this program does not know. It is left alone.");
        if (plan.Server.HasSchemaMigrations && plan.Reconciliation.ToRestore is { Count: > 0 } restored)
        {
            var versions = restored.Count == 1 ? $"version {restored[0]}" : $"{restored.Count} versions from {restored[0]} to {restored[^1]}";
            plan.Warnings.Add($"schema_migrations lacked {versions} although changelog has them and their work is there; the rows are written again.");
        }

        foreach (var mismatch in Mismatches(plan.Ledger, plan.Reconciliation))
        {
            var table = mismatch.FileName.StartsWith("teslamate/", StringComparison.Ordinal) ? "teslamate.changelog" : "public.changelog";
            var name = Path.GetFileName(mismatch.FileName);
            plan.Obstacles.Add(new Obstacle(
                $"{mismatch.FileName} is not the file that was applied: its checksum is {mismatch.Expected}, the database recorded {mismatch.Recorded}.",
                $"Use the program that applied it. If the difference is known to be harmless: update {table} set checksum = '{mismatch.Expected}' where name = '{name}';",
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
