using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>Works out from what a database remembers which versions have to run, and what speaks against that; changes nothing.</summary>
sealed class Planner(MigrationFolder reference, MigrationFolder own, DatabaseSettings settings)
{
    public Task<Reconciliation> ReconcileAsync(
        NpgsqlConnection connection, MigrationHistory history, CancellationToken cancellationToken, bool writesLostRows = false)
        => Reconciliation.OfAsync(connection, history, reference, own, writesLostRows, cancellationToken);

    /// <param name="to">The newest version to run; null for all.</param>
    /// <param name="writesLostRows">Take versions for applied whose work is there although <c>schema_migrations</c> has lost their rows.</param>
    public async Task<Plan> ForwardAsync(
        NpgsqlConnection connection, MigrationHistory history, long? to, bool writesLostRows, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(connection, history, cancellationToken, writesLostRows);
        var plan = new Plan(history, reconciliation);
        CheckServer(plan);
        CheckHistory(plan);
        if (to is { } target && reference.Find(target) is null)
            plan.Refuse($"This program has no version {target}.", $"teslamate status lists the versions; the newest is {reference.Newest}.");
        if (plan.Errors.Count == 0 && reconciliation.Lost.Count > 0)
            RefuseLostRows(plan);
        if (plan.Errors.Count > 0)
            return plan;

        plan.Runs.AddRange(reference.All.Where(migration => migration.Version <= (to ?? long.MaxValue) && !plan.Applied.Contains(migration.Version))
            .Select(migration => PlannedRun.Forward(Chain.Reference, migration)));
        plan.Applied.UnionWith(plan.Runs.Select(run => run.Version));
        if (HasAll(plan))
        {
            plan.Runs.AddRange(own.All.Where(migration => !history.OwnChangelog.ContainsKey(migration.Version))
                .Select(migration => PlannedRun.Forward(Chain.Own, migration)));
            if (plan.Runs.Count > 0 || own.Repeatables.Any(history.IsStale))
                plan.Runs.AddRange(own.Repeatables.Select(PlannedRun.Of));
            plan.UsesBaseline = reconciliation.Applied.Count == 0 && reference.Baseline is not null;
        }

        await Preflight.CheckAsync(connection, plan, settings, cancellationToken);
        return plan;
    }

    /// <param name="version">The oldest version to undo; null for those only that this program does not know.</param>
    public async Task<Plan> BackAsync(NpgsqlConnection connection, MigrationHistory history, long? version, CancellationToken cancellationToken)
    {
        var reconciliation = await ReconcileAsync(connection, history, cancellationToken);
        var plan = new Plan(history, reconciliation);
        CheckServer(plan);
        // Versions below the newest that no file names are left alone, in both directions.
        var back = reconciliation.Applied.Where(applied => version is null ? applied > reference.Newest : applied >= version)
            .Where(applied => applied > reference.Newest || reference.Find(applied) is not null).OrderDescending().ToList();
        // Our own tables build on the reference's newest version; they go first unless it stays.
        var keepsNewest = version is null || back.Count == 0;
        foreach (var applied in history.OwnChangelog.Keys
            .Where(applied => !keepsNewest || (version is null && own.Find(applied) is null)).OrderDescending())
            await AddBackAsync(Chain.Own, applied, own.Find(applied));
        foreach (var applied in back)
        {
            await AddBackAsync(Chain.Reference, applied, reference.Find(applied));
            plan.Applied.Remove(applied);
        }

        // Where this program stays at home, its views come back.
        if (keepsNewest && plan.Runs.Count > 0 && HasAll(plan) && own.All.All(migration => history.OwnChangelog.ContainsKey(migration.Version)))
            plan.Runs.AddRange(own.Repeatables.Select(PlannedRun.Of));
        if (plan.Errors.Count == 0)
            await Preflight.CheckAsync(connection, plan, settings, cancellationToken);
        return plan;

        async Task AddBackAsync(Chain chain, long applied, Migration? known)
        {
            var script = known?.Down;
            if (script is null && history.UndoScripts.ContainsKey((chain, applied)))
                script = await connection.RowsAsync(
                    $"select name, sql from teslamate.undo_scripts where own = {chain is Chain.Own} and version = {applied}", cancellationToken)
                    .Select(row => new MigrationFile(row.GetString(0), row.GetString(1))).FirstOrDefaultAsync(cancellationToken);
            if (script is not null)
                plan.Runs.Add(new PlannedRun(chain, applied, Back: true, script, known));
            else
                plan.Refuse($"This program does not know version {applied}, and the database does not hold the script that takes it back.",
                    "Use the program that brought it, or restore a backup from before.");
        }
    }

    public IEnumerable<ChecksumMismatch> Mismatches(MigrationHistory history, Reconciliation reconciliation)
        => Mismatches(reference, "", history.Changelog.Where(row => reconciliation.Applied.Contains(row.Key)))
            .Concat(Mismatches(own, "teslamate/", history.OwnChangelog));

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

    bool HasAll(Plan plan) => reference.All.All(migration => plan.Applied.Contains(migration.Version));

    static void CheckServer(Plan plan)
    {
        var server = plan.Server;
        if (server.Major < SupportedServers.Oldest)
            plan.Refuse($"PostgreSQL {server.Version} is too old: the newest indexes on positions and the tests of this program need "
                + $"{SupportedServers.Range}.", "Upgrade the server (17 is a good choice), then run the same command again.");
        if (server.Major > SupportedServers.Newest)
            plan.Warnings.Add($"PostgreSQL {server.Version} is newer than this program was tested with ({SupportedServers.Range}).");
        if (!server.HasPublicSchema)
            plan.Refuse($"The database {server.Database} has no schema public.", "create schema public;");
    }

    void CheckHistory(Plan plan)
    {
        var newer = plan.Reconciliation.Applied.Where(version => version > reference.Newest).Order().Select(version => (Chain.Reference, version))
            .Concat(plan.History.OwnChangelog.Keys.Where(version => own.Find(version) is null).Select(version => (Chain.Own, version))).ToList();
        if (newer.Count > 0)
            plan.Refuse($"The database has versions that this program does not know: {string.Join(", ", newer.Select(row => row.version))}. "
                    + $"The newest it knows is {reference.Newest}.",
                "Use the newer program" + (newer.All(plan.History.UndoScripts.ContainsKey)
                    ? ", or go back to what this one knows: teslamate rollback --to-known" : ", or restore a backup from before."),
                $"select * from schema_migrations where version > {reference.Newest};");
        foreach (var version in plan.Reconciliation.Applied.Where(version => version < reference.Newest && reference.Find(version) is null))
            plan.Warnings.Add($"The database has version {version}, which this program does not know. It is left alone.");
        if (plan.Reconciliation.ToRestore is { Count: > 0 } restored)
        {
            var versions = restored.Count == 1 ? $"version {restored[0]}" : $"{restored.Count} versions from {restored[0]} to {restored[^1]}";
            plan.Warnings.Add($"schema_migrations lacked {versions} although their work is there; the rows are written again.");
        }

        foreach (var (file, recorded, expected) in Mismatches(plan.History, plan.Reconciliation))
        {
            var table = file.StartsWith("teslamate/", StringComparison.Ordinal) ? "teslamate.changelog" : "public.changelog";
            var name = Path.GetFileName(file);
            plan.Refuse($"{file} is not the file that was applied: its checksum is {expected}, the database recorded {recorded}.",
                $"Use the program that applied it. If the difference is known to be harmless: update {table} set checksum = '{expected}' "
                    + $"where name = '{name}';",
                $"select * from {table} where name = '{name}';");
        }
    }

    void RefuseLostRows(Plan plan)
    {
        var lost = plan.Reconciliation.Lost;
        var version = reference.Find(lost.Concat(plan.Reconciliation.Applied.Where(applied => applied <= reference.Newest)).Max());
        plan.Refuse($"The tables are those of version {version}, but schema_migrations lacks "
                + $"{(lost.Count == 1 ? $"version {lost[0]}" : $"{lost.Count} versions")} of it.",
            "Have the rows written again (teslamate migrate --write-lost-rows), or write them: insert into public.schema_migrations (version, "
                + $"inserted_at) select version, now() at time zone 'utc' from unnest(array[{string.Join(", ", lost)}]) as version "
                + "on conflict do nothing;",
            "select * from public.schema_migrations order by version;");
    }
}
