namespace TeslaMate.Database.Migrations;

/// <summary>
/// What the two tables of applied versions disagree about, and how they are brought together. <c>schema_migrations</c> is what the reference reads
/// and writes, so it decides; a database that only Evolve migrated has no such table, and its <c>changelog</c> decides.
/// </summary>
/// <param name="Applied">The versions that the database has, once the tables agree.</param>
/// <param name="ToRecord">Known versions that <c>changelog</c> lacks: adopted from the reference.</param>
/// <param name="ToRestore">Versions whose row in <c>schema_migrations</c> is missing although their work is there.</param>
/// <param name="ToForget">Rows of <c>changelog</c> that are not true (any more): taken back by the reference.</param>
/// <param name="UndoScripts">Applied versions whose undo script the database lacks, or has in another edition.</param>
sealed record Reconciliation(
    IReadOnlySet<long> Applied, IReadOnlyList<Migration> ToRecord, IReadOnlyList<long> ToRestore, IReadOnlyList<long> ToForget,
    IReadOnlyList<Migration> UndoScripts, IReadOnlyList<Migration> OwnUndoScripts, bool NeedsSweep)
{
    public bool IsNeeded => NeedsSweep || ToRecord.Count + ToRestore.Count + ToForget.Count + UndoScripts.Count + OwnUndoScripts.Count > 0;

    /// <param name="shown">Of versions that only <c>changelog</c> has (oldest first) those whose work the live schema shows.</param>
    /// <param name="lost">Versions that no table has although the live schema shows their work.</param>
    public static Reconciliation Of(
        MigrationHistory history, MigrationFolder reference, MigrationFolder own, Func<IReadOnlyList<long>, IReadOnlyList<long>> shown,
        IReadOnlyList<long> lost)
    {
        var recorded = history.Changelog.Where(row => row.Success).Select(row => row.Version).ToHashSet();
        HashSet<long> applied = [.. history.Server.HasSchemaMigrations ? history.SchemaMigrations.Keys : recorded];
        List<long> recordedOnly = [.. recorded.Where(version => !history.SchemaMigrations.ContainsKey(version)).Order()];
        List<long> restore = [.. history.Server.HasSchemaMigrations ? shown(recordedOnly) : recordedOnly, .. lost];
        applied.UnionWith(restore);
        List<long> forget = [.. recorded.Where(version => !applied.Contains(version))];
        return new Reconciliation(
            applied,
            [.. reference.All.Where(migration => applied.Contains(migration.Version) && !recorded.Contains(migration.Version))],
            restore,
            forget,
            [.. reference.All.Where(migration => applied.Contains(migration.Version) && IsStale(Chain.Reference, migration))],
            [.. own.All.Where(migration => history.OwnChangelog.Any(row => row.Version == migration.Version) && IsStale(Chain.Own, migration))],
            history.NeedsSweep);

        bool IsStale(Chain chain, Migration migration)
            => !history.UndoScripts.TryGetValue((chain, migration.Version), out var checksum) || checksum != migration.Down.Checksum;
    }
}
