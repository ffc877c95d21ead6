using Microsoft.Extensions.Hosting;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;

namespace TeslaMate.Logbook.Terrain;

/// <summary>
/// Sets the heights that positions of recent drives lack, at the start and every six hours, and with them the climb of those drives.
/// </summary>
sealed partial class ElevationBackfill(
    NpgsqlDataSource database, Elevations elevations, TimeProvider time, ILogger<ElevationBackfill> logger, IHeartbeats? heartbeats = null)
        : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromHours(6);

    static readonly TimeSpan MostAge = TimeSpan.FromDays(10);

    const int PageLength = 1000;

    // Positions of the last days where nothing was measured, as on the sea: nothing ever will be.
    HashSet<int> _nowhere = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats?.Start("elevations", TimeSpan.FromHours(7));
        while (true)
        {
            try
            {
                await FillAsync(stoppingToken);
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                Log.DatabaseAway(logger, exception.Message);
            }

            heartbeat?.Beat();
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    internal async Task FillAsync(CancellationToken cancellationToken)
    {
        var next = 0;
        HashSet<int> nowhere = [];
        while (await PageAsync(next, PageLength, cancellationToken) is { Count: > 0 } page)
        {
            nowhere.UnionWith(page.Select(position => position.Id).Where(_nowhere.Contains));
            var open = page.Where(position => !nowhere.Contains(position.Id)).ToList();
            if (open.Count > 0)
                await FillAsync(open, nowhere, cancellationToken);
            next = page[^1].Id;
        }

        _nowhere = nowhere;
    }

    async Task FillAsync(List<(int Id, double Latitude, double Longitude)> positions, HashSet<int> nowhere, CancellationToken cancellationToken)
    {
        Log.Adding(logger, positions.Count);
        List<(int Id, short Metres)> known = [];
        foreach (var (id, latitude, longitude) in positions)
        {
            switch (await elevations.PatientHeightAsync(latitude, longitude, cancellationToken))
            {
                case Height.Known(var metres):
                    known.Add((id, metres));
                    break;
                case Height.Nowhere:
                    nowhere.Add(id);
                    break;
            }
        }

        if (known.Count > 0)
            await StoreAsync(known, cancellationToken);
    }

    /// <summary>Positions behind a number that lack a height, in drives that have no streamed ones (spec logbook 11.3).</summary>
    internal async Task<List<(int Id, double Latitude, double Longitude)>> PageAsync(int behind, int most, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select position.id, position.latitude::float8, position.longitude::float8
            from public.positions position
            where position.id > $1 and position.elevation is null and position.date > $2
                and position.drive_id in (
                    select drives.id
                    from public.drives
                    where drives.start_date > $2
                        and not exists (
                            select from public.positions streamed
                            where streamed.drive_id = drives.id and streamed.id > $1 and streamed.odometer is not null
                                and streamed.ideal_battery_range_km is null))
            order by position.id
            limit $3
            """);
        command.CommandTimeout = 600;
        command.Parameters.Add(Value.Of(behind));
        // Behind the first page there are only newer ones, or those that were logged late.
        command.Parameters.Add(Value.Of(behind == 0 ? time.GetUtcNow() - MostAge : new DateTimeOffset(2003, 7, 1, 0, 0, 0, TimeSpan.Zero)));
        command.Parameters.Add(Value.Of(most));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<(int, double, double)> page = [];
        while (await reader.ReadAsync(cancellationToken))
            page.Add((reader.GetInt32(0), reader.GetDouble(1), reader.GetDouble(2)));
        return page;
    }

    async Task StoreAsync(List<(int Id, short Metres)> heights, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            with filled as (
                update public.positions
                set elevation = height.metres
                from unnest($1::integer[], $2::smallint[]) as height (id, metres)
                where positions.id = height.id and positions.elevation is null
                returning positions.id, positions.drive_id, positions.elevation),
            -- The statement sees the table as it was, so the new heights are laid over it.
            steps as (
                select position.drive_id,
                    coalesce(filled.elevation, position.elevation)::integer
                        - lag(coalesce(filled.elevation, position.elevation)) over (partition by position.drive_id
                            order by position.date, position.id) as step
                from public.positions position
                left join filled on filled.id = position.id
                where position.drive_id in (select drive_id from filled) and coalesce(filled.elevation, position.elevation) is not null),
            climb as (
                select drive_id, coalesce(sum(greatest(step, 0)), 0) as up, coalesce(sum(greatest(-step, 0)), 0) as down from steps group by drive_id)
            update public.drives
            set ascent = case when climb.up <= 32767 then climb.up else 0 end, descent = case when climb.down <= 32767 then climb.down else 0 end
            from climb
            where drives.id = climb.drive_id and drives.end_date is not null
            """);
        command.CommandTimeout = 600;
        command.Parameters.Add(Value.Array(heights.Select(height => height.Id).ToArray()));
        command.Parameters.Add(Value.Array(heights.Select(height => height.Metres).ToArray()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Adding elevation to {Positions} positions ...")]
        public static partial void Adding(ILogger logger, int positions);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Elevations wait for the database: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);
    }
}
