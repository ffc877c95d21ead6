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
    internal MigrationFolder Reference { get; init; } = MigrationFolder.Embedded("");

    internal MigrationFolder Own { get; init; } = MigrationFolder.Embedded("teslamate/");

    internal LockRetryPolicy Retries { get; init; } = LockRetryPolicy.Default;

    /// <summary>Where the database stands; changes nothing and waits for nobody.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<SchemaState> StateAsync(CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Retries, new Progress<MigrationProgress>(), time, cancellationToken);
        var history = await session.ReadHistoryAsync(cancellationToken);
        return await StateAsync(session.Connection, history, await ReconcileAsync(session.Connection, history, cancellationToken), cancellationToken);
    }

    /// <summary>What the live schema has too much, too little or otherwise than its versions should have given it; empty when nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<SchemaDifference>> CheckAsync(CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Retries, new Progress<MigrationProgress>(), time, cancellationToken);
        var history = await session.ReadHistoryAsync(cancellationToken);
        var reconciliation = await ReconcileAsync(session.Connection, history, cancellationToken);
        var live = await SchemaFacts.ReadAsync(session.Connection, cancellationToken);
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
        => RunAsync(
            progress, (connection, history) => PlanForwardAsync(connection, history, to, writesLostRows, cancellationToken), cancellationToken);

    /// <summary>
    /// Undoes <paramref name="version"/> and everything newer, newest first; without a version those that this program does not know, by the scripts
    /// that the newer program left in the database.
    /// </summary>
    public Task<MigrationOutcome> RollbackAsync(long? version, IProgress<MigrationProgress> progress, CancellationToken cancellationToken)
        => RunAsync(progress, (connection, history) => PlanBackAsync(connection, history, version, cancellationToken), cancellationToken);

    /// <summary>What <see cref="MigrateAsync"/> would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastAsync(CancellationToken cancellationToken, long? to = null, bool writesLostRows = false)
        => ForecastAsync((connection, history) => PlanForwardAsync(connection, history, to, writesLostRows, cancellationToken), cancellationToken);

    /// <summary>What <see cref="RollbackAsync"/> would do; changes nothing.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<MigrationForecast> ForecastRollbackAsync(long? version, CancellationToken cancellationToken)
        => ForecastAsync((connection, history) => PlanBackAsync(connection, history, version, cancellationToken), cancellationToken);

    async Task<MigrationForecast> ForecastAsync(Func<NpgsqlConnection, MigrationHistory, Task<Plan>> plan, CancellationToken cancellationToken)
    {
        await using var session = await MigrationSession.OpenAsync(settings, Retries, new Progress<MigrationProgress>(), time, cancellationToken);
        var history = await session.ReadHistoryAsync(cancellationToken);
        var planned = await plan(session.Connection, history);
        return await MigrationForecast.OfAsync(session.Connection, planned, cancellationToken);
    }

    async Task<MigrationOutcome> RunAsync(
        IProgress<MigrationProgress> progress, Func<NpgsqlConnection, MigrationHistory, Task<Plan>> plan, CancellationToken cancellationToken)
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
                    var planned = await plan(session.Connection, await MigrationHistory.ReadAsync(session.Connection, server, cancellationToken));
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
                return exception.Outcome;
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
            ? [[EvolveScript.Baseline(plan.Runs, Reference.Baseline!, Retries)]]
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
                batch.Add(MigrationHistory.RecordSql("public", migration, plan.MigrationHistory.TimeOf(migration.Version)));
        }

        var coming = plan.Runs.Where(run => !run.Back && run.Migration is not null).Select(run => (run.Chain, run.Migration!));
        MigrationHistory.AddUndoScripts(batch, [.. reconciliation.UndoScripts.Union(coming)]);
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

    Task<Reconciliation> ReconcileAsync(
        NpgsqlConnection connection, MigrationHistory history, CancellationToken cancellationToken, bool writesLostRows = false)
        => Reconciliation.OfAsync(connection, history, Reference, Own, writesLostRows, cancellationToken);

    async Task<SchemaState> StateAsync(NpgsqlConnection connection, MigrationHistory history, Reconciliation reconciliation,
        CancellationToken cancellationToken)
    {
        List<ExtensionState> extensions = [];
        await foreach (var row in connection.RowsAsync("""
            select name, installed_version, default_version
            from unnest(array['cube', 'earthdistance']) as name left join pg_available_extensions using (name)
            """, cancellationToken))
            extensions.Add(new ExtensionState(row.GetString(0), row.Text(1), row.Text(2)));
        return new SchemaState
        {
            ServerVersion = history.Server.Version,
            Applied = [.. reconciliation.Applied.Order()
                .Select(version => new AppliedVersion(version, Reference.Find(version)?.Name, history.TimeOf(version)))],
            Pending = [.. Reference.All.Where(migration => !reconciliation.Applied.Contains(migration.Version))
                .Select(migration => new PendingVersion(migration.Version, migration.Name))],
            OwnApplied = [.. history.OwnChangelog.OrderBy(row => row.Key)
                .Select(row => new AppliedVersion(row.Key, Own.Find(row.Key)?.Name, row.Value.At))],
            OwnPending = [.. Own.All.Where(migration => !history.OwnChangelog.ContainsKey(migration.Version))
                .Select(migration => new PendingVersion(migration.Version, migration.Name))],
            PendingRepeatables = [.. Own.Repeatables.Where(file => IsStale(history, file)).Select(file => file.Script.FileName)],
            ChecksumMismatches = Mismatches(history, reconciliation),
            Extensions = extensions,
            Newest = Reference.Newest,
            Warnings = await PublicSchemaCheck.OthersAsync(connection, cancellationToken) is { } others ? [others] : [],
        };
    }

    static bool IsStale(MigrationHistory history, RepeatableMigration file)
        => history.Repeatables.GetValueOrDefault(file.Script.FileName) != file.Script.Checksum;

    List<ChecksumMismatch> Mismatches(MigrationHistory history, Reconciliation reconciliation) =>
    [
        .. Mismatches(Reference, "", history.Changelog.Where(row => reconciliation.Applied.Contains(row.Key))),
        .. Mismatches(Own, "teslamate/", history.OwnChangelog),
    ];

    static IEnumerable<ChecksumMismatch> Mismatches(MigrationFolder folder, string prefix, IEnumerable<KeyValuePair<long, ChangelogRow>> rows)
    {
        foreach (var (version, row) in rows)
        {
            // Somebody who empties a checksum says nothing about the file.
            if (folder.Find(version) is { Up: var file } && row.Checksum is { } recorded
                && !string.Equals(recorded, file.Checksum, StringComparison.OrdinalIgnoreCase))
                yield return new ChecksumMismatch(prefix + file.FileName, recorded, file.Checksum);
        }
    }

    PreflightError LostRows(Reconciliation reconciliation)
    {
        var lost = reconciliation.Lost;
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
        NpgsqlConnection connection, MigrationHistory history, long? to, bool writesLostRows, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(connection, history, cancellationToken, writesLostRows);
        var plan = new Plan(history, reconciliation);
        CheckServer(plan);
        CheckMigrationHistory(plan);
        if (to is { } target && Reference.Find(target) is null)
            plan.Errors.Add(new PreflightError($"This program has no version {target}.",
                "teslamate status lists the versions; the newest is " + Reference.Newest + "."));
        if (plan.Errors.Count == 0 && reconciliation.Lost.Count > 0)
            plan.Errors.Add(LostRows(reconciliation));
        if (plan.Errors.Count > 0)
            return plan;

        foreach (var migration in Reference.All.Where(
            migration => migration.Version <= (to ?? long.MaxValue) && !reconciliation.Applied.Contains(migration.Version)))
        {
            plan.Runs.Add(PlannedRun.Forward(Chain.Reference, migration));
            plan.Applied.Add(migration.Version);
        }

        var reachesNewest = Reference.All.All(migration => plan.Applied.Contains(migration.Version));
        plan.Runs.AddRange(Own.All.Where(migration => reachesNewest && !history.OwnChangelog.ContainsKey(migration.Version))
            .Select(migration => PlannedRun.Forward(Chain.Own, migration)));
        if (reachesNewest && (plan.Runs.Count > 0 || Own.Repeatables.Any(file => IsStale(history, file))))
            plan.Runs.AddRange(Own.Repeatables.Select(PlannedRun.Of));
        plan.UsesBaseline = reachesNewest && reconciliation.Applied.Count == 0 && Reference.Baseline is not null;
        await Preflight.CheckAsync(connection, plan, settings, cancellationToken);
        return plan;
    }

    async Task<Plan> PlanBackAsync(NpgsqlConnection connection, MigrationHistory history, long? version, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(connection, history, cancellationToken);
        var plan = new Plan(history, reconciliation);
        CheckServer(plan);
        // Versions below the newest that no file names are left alone, in both directions.
        var back = reconciliation.Applied.Where(applied => version is null ? applied > Reference.Newest : applied >= version)
            .Where(applied => applied > Reference.Newest || Reference.Find(applied) is not null).OrderDescending().ToList();
        // Our own tables build on the reference's newest version; they go first unless it stays.
        var keepsNewest = version is null || back.Count == 0;
        foreach (var applied in history.OwnChangelog.Keys
            .Where(applied => !keepsNewest || (version is null && Own.Find(applied) is null)).OrderDescending())
            await AddBackAsync(Chain.Own, applied, Own.Find(applied));
        foreach (var applied in back)
        {
            await AddBackAsync(Chain.Reference, applied, Reference.Find(applied));
            plan.Applied.Remove(applied);
        }

        // Where this program stays at home, its views come back.
        if (keepsNewest && plan.Runs.Count > 0 && Reference.All.All(migration => plan.Applied.Contains(migration.Version))
            && Own.All.All(migration => history.OwnChangelog.ContainsKey(migration.Version)))
            plan.Runs.AddRange(Own.Repeatables.Select(PlannedRun.Of));
        if (plan.Errors.Count == 0)
            await Preflight.CheckAsync(connection, plan, settings, cancellationToken);
        return plan;

        async Task AddBackAsync(Chain chain, long applied, Migration? known)
        {
            var script = known?.Down;
            if (script is null && history.UndoScripts.ContainsKey((chain, applied)))
            {
                await foreach (var row in connection.RowsAsync(
                    $"select name, sql from teslamate.undo_scripts where own = {chain is Chain.Own} and version = {applied}",
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

            plan.Runs.Add(new PlannedRun(chain, applied, Back: true, script, known));
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
        var newerOwn = plan.MigrationHistory.OwnChangelog.Keys.Where(version => Own.Find(version) is null).ToList();
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
}
