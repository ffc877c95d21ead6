using Npgsql;

namespace TeslaMate.Database.Migrations;

/// <summary>A table as it is now.</summary>
/// <param name="Bytes">With its indexes.</param>
public sealed record TableSize(string Name, long Rows, long Bytes);

/// <summary>What one version would do.</summary>
/// <param name="Summary">In words, from the script; may be empty.</param>
/// <param name="StrongestLock">PostgreSQL's name of it and the table; null when the version locks no table that was there before.</param>
public sealed record ForecastVersion(
    string Version, string Summary, IReadOnlyList<TableSize> Rewrites, IReadOnlyList<TableSize> Scans, string? StrongestLock,
    IReadOnlyList<string> Loses);

/// <summary>What a run would do, without doing it.</summary>
/// <param name="Errors">What would stop it.</param>
public sealed record MigrationForecast(IReadOnlyList<ForecastVersion> Versions, bool UsesBaseline, IReadOnlyList<PreflightError> Errors,
    IReadOnlyList<string> Warnings)
{
    public IEnumerable<string> Losses => Versions.SelectMany(version => version.Loses.Select(loss => $"{version.Version}: {loss}"));

    internal static async Task<MigrationForecast> OfAsync(NpgsqlConnection connection, Plan plan, CancellationToken cancellationToken)
    {
        Dictionary<string, TableSize?> sizes = new(StringComparer.Ordinal);
        List<ForecastVersion> versions = [];
        var trail = new RenameTrail();
        foreach (var run in plan.UsesBaseline ? [] : plan.Runs)
        {
            var head = run.Script.Head;
            trail = trail.After(run.Version, run.Back);
            versions.Add(new ForecastVersion(run.Label, head.Summary, await SizesAsync(head.Rewrites), await SizesAsync(head.Scans),
                head.StrongestLock is { } strongest ? $"{strongest.Mode} on {strongest.Table}" : null, head.Loses));
        }

        return new MigrationForecast(versions, plan.UsesBaseline, plan.Errors, plan.Warnings);

        // Those that are there, by the names that they have now.
        async Task<IReadOnlyList<TableSize>> SizesAsync(IReadOnlyList<string> tables)
        {
            List<TableSize> found = [];
            foreach (var table in tables.Select(table => trail.Origin(ScriptHead.Qualified(table))))
            {
                if (!sizes.TryGetValue(table, out var size))
                    sizes[table] = size = await SizeAsync(table);
                if (size is not null)
                    found.Add(size);
            }

            return found;
        }

        async Task<TableSize?> SizeAsync(string table)
            => await connection.ScalarAsync<long?>($"select pg_total_relation_size(to_regclass('{table}'))", cancellationToken) is { } bytes
                ? new TableSize(table.Replace("public.", "", StringComparison.Ordinal),
                    await connection.ScalarAsync<long>($"select count(*) from {table}", cancellationToken), bytes)
                : null;
    }
}
