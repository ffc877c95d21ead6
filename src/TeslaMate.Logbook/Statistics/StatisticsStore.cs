using TeslaMate.Logbook.Positions;

namespace TeslaMate.Logbook.Statistics;

/// <summary>How far a rebuild has come.</summary>
/// <param name="Car">The id of the car that is being read.</param>
/// <param name="What">Drives, charging processes, pauses or positions and charges.</param>
/// <param name="Done">How many of them so far.</param>
public readonly record struct StatisticsProgress(short Car, string What, long Done);

/// <summary>
/// What schema <c>teslamate</c> keeps for the measures (docs/measures.md): filled in small steps, since the pool may be one connection that the cars
/// share.
/// </summary>
public sealed class StatisticsStore(NpgsqlDataSource database)
{
    const int DrivesPerStep = 100;
    const int ChargesPerStep = 100;
    const int PausesPerStep = 1000;
    const int RowsPerStep = 20_000;

    static readonly TimeSpan StepTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Keeps what closed since the last time, and mends what was changed or came late.</summary>
    /// <param name="since">Pauses since then; null for all.</param>
    public async Task RefreshAsync(DateTimeOffset? since, IProgress<StatisticsProgress>? progress, CancellationToken cancellationToken)
    {
        await SummarizeAsync(cancellationToken);
        foreach (var car in await CarsAsync(cancellationToken))
            await RefreshAsync(car, since, progress, cancellationToken);
    }

    /// <summary>Forgets what is kept of every car, or of one, and makes it anew.</summary>
    /// <returns>Whether there is such a car.</returns>
    public async Task<bool> RebuildAsync(short? car, IProgress<StatisticsProgress> progress, CancellationToken cancellationToken)
    {
        await SummarizeAsync(cancellationToken);
        var cars = await CarsAsync(cancellationToken);
        var chosen = car is { } one ? cars.Where(id => id == one).ToList() : cars;
        foreach (var id in chosen)
        {
            await ExecuteAsync("select teslamate.forget_statistics($1)", cancellationToken, Value.Of((int)id));
            await RefreshAsync(id, null, progress, cancellationToken);
        }

        if (car is null)
            await ForgetDeletedAsync(cancellationToken);
        return car is null || chosen.Count > 0;
    }

    /// <summary>Forgets what is kept of drives, charges and cars that are gone.</summary>
    public Task ForgetDeletedAsync(CancellationToken cancellationToken) => ExecuteAsync("select teslamate.forget_deleted()", cancellationToken);

    async Task RefreshAsync(short car, DateTimeOffset? since, IProgress<StatisticsProgress>? progress, CancellationToken cancellationToken)
    {
        await RepeatAsync("drives", "select teslamate.refresh_drives($1, $2)", DrivesPerStep, "teslamate.drive_samples, teslamate.drive_routes");
        await RepeatAsync("charging processes", "select teslamate.refresh_charges($1, $2)", ChargesPerStep, "teslamate.charge_samples");
        await RepeatAsync("pauses", "select teslamate.refresh_parked($1, $3, $2)", PausesPerStep, "teslamate.parked_samples");
        await RepeatAsync("positions and charges", "select teslamate.refresh_levels($1, $2)", RowsPerStep, "teslamate.level_samples");

        async Task RepeatAsync(string what, string step, int length, string tables)
        {
            long done = 0;
            while (await StepAsync(step, length) is > 0 and var count)
            {
                done += count;
                progress?.Report(new StatisticsProgress(car, what, done));
            }

            // So many at once would be planned for as if the tables were what they were before, until autovacuum comes.
            if (done >= length)
                await ExecuteAsync($"analyze {tables}", cancellationToken);
        }

        // The server is given the moment for each step, and pauses alone ask for it.
        async Task<int> StepAsync(string step, int length)
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            return await connection.ScalarAsync<int>(step, StepTimeout, cancellationToken, Value.Of((int)car), Value.Of(length), Value.Of(since));
        }
    }

    async Task SummarizeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await PositionSummaries.CompleteAsync(connection, cancellationToken);
    }

    async Task<List<short>> CarsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.RowsAsync("select id from public.cars order by id", cancellationToken)
            .Select(row => row.GetInt16(0))
            .ToListAsync(cancellationToken);
    }

    async Task ExecuteAsync(string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(sql, StepTimeout, cancellationToken, parameters);
    }
}
