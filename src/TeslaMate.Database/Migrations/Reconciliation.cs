using Npgsql;
using TeslaMate.Database.Schemas;

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
/// <param name="Lost">Versions that no table has although the live schema shows their work.</param>
sealed record Reconciliation(
    IReadOnlySet<long> Applied, IReadOnlyList<Migration> ToRecord, IReadOnlyList<long> ToRestore, IReadOnlyList<long> ToForget,
    IReadOnlyList<(Chain Chain, Migration Migration)> UndoScripts, IReadOnlyList<long> Lost, bool NeedsSweep)
{
    public bool IsNeeded => NeedsSweep || ToRecord.Count + ToRestore.Count + ToForget.Count + UndoScripts.Count > 0;

    /// <param name="writesLostRows">Whether <see cref="Lost"/> versions are taken for applied.</param>
    public static async Task<Reconciliation> OfAsync(
        NpgsqlConnection connection, MigrationHistory history, MigrationFolder reference, MigrationFolder own, bool writesLostRows,
        CancellationToken cancellationToken)
    {
        var recorded = history.Changelog.Keys.ToHashSet();
        var applied = history.Server.HasSchemaMigrations ? history.SchemaMigrations.Keys.ToHashSet() : [.. recorded];
        IReadOnlyList<long> restore = [.. recorded.Where(version => !history.SchemaMigrations.ContainsKey(version)).Order()];
        if (history.Server.HasSchemaMigrations)
            restore = await ShownAsync(restore);
        applied.UnionWith(restore);
        IReadOnlyList<long> lost = [];
        if (history.Server.PublicObjects > 0)
            lost = await ShownAsync([.. reference.All.Select(migration => migration.Version).Where(version => !applied.Contains(version))]);
        if (lost.All(version => ExpectedSchema.Recorded.ChangeOf(version) is { Gone: [], Come: [] }))
            lost = [];
        if (writesLostRows)
        {
            (restore, lost) = ([.. restore, .. lost], []);
            applied.UnionWith(restore);
        }

        var known = reference.All.Where(migration => applied.Contains(migration.Version)).ToList();
        var scripts = known.Select(migration => (Chain: Chain.Reference, Migration: migration))
            .Concat(own.All.Where(migration => history.OwnChangelog.ContainsKey(migration.Version))
                .Select(migration => (Chain: Chain.Own, Migration: migration)))
            .Where(script => history.UndoScripts.GetValueOrDefault((script.Chain, script.Migration.Version)) != script.Migration.Down.Checksum);
        return new Reconciliation(applied, [.. known.Where(migration => !recorded.Contains(migration.Version))], restore,
            [.. recorded.Where(version => !applied.Contains(version))], [.. scripts], lost, history.NeedsSweep);

        // The live schema is read only when the tables leave something open.
        async Task<IReadOnlyList<long>> ShownAsync(IReadOnlyList<long> doubtful) => doubtful.Count == 0 ? []
            : ExpectedSchema.Recorded.ShownIn(await SchemaFacts.ReadAsync(connection, cancellationToken), applied, doubtful);
    }
}
