using TeslaMate.Database;
using TeslaMate.Logbook;

namespace TeslaMate.Import.Running;

/// <summary>
/// When a car was logged live. Its states cover a period, unless its positions show a hole: a live car that is awake writes one every few minutes, so
/// a long time without any is one in which it slept or nobody looked, and what another logger saw then is new.
/// </summary>
static class LiveCoverage
{
    static readonly TimeSpan Hole = TimeSpan.FromHours(1);

    // The clocks of two loggers differ by their pauses.
    static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    // What happens now may not be written yet.
    static readonly TimeSpan Now = TimeSpan.FromMinutes(15);

    static readonly DateTimeOffset Forever = DateTimeOffset.MaxValue;

    const string IsLivePosition = """
        not exists (select from teslamate.imported_entries mine where mine.kind = 'position' and mine.entry_id = position.id)
        and not exists (select from teslamate.imported_entries mine where mine.kind = 'drive' and mine.entry_id = position.drive_id)
        """;

    const string Sql = $"""
        with dates as (
            select date, lag(date) over (order by date) as before from public.positions position where car_id = $1 and {IsLivePosition}),
        groups as (
            select date, count(*) filter (where before is null or date - before > $2) over (order by date rows unbounded preceding) as number
                from dates)
        select 'positions', min(date), max(date) from groups group by number
        union all
        select 'ride', start_date, coalesce(end_date, 'infinity')
        from public.drives
        where car_id = $1 and not exists (select from teslamate.imported_entries mine where mine.kind = 'drive' and mine.entry_id = drives.id)
        union all
        select 'ride', start_date, coalesce(end_date, 'infinity')
        from public.charging_processes process
        where car_id = $1 and not exists (select from teslamate.imported_entries mine where mine.kind = 'charging_process'
            and mine.entry_id = process.id)
        union all
        select 'state', start_date, coalesce(end_date, 'infinity')
        from public.states
        where car_id = $1 and not exists (select from teslamate.imported_entries mine where mine.kind = 'state' and mine.entry_id = states.id)
        """;

    // Without what imports wrote left out.
    static readonly string AllSql = Sql.Replace("mine.kind = '", "false and mine.kind = '", StringComparison.Ordinal);

    public static Task<Coverage> ReadAsync(NpgsqlConnection connection, CarId car, DateTimeOffset now, CancellationToken cancellationToken)
        => ReadAsync(Sql, connection, car, now, cancellationToken);

    /// <summary>All that is covered, whoever wrote it.</summary>
    public static Task<Coverage> ReadAllAsync(NpgsqlConnection connection, CarId car, DateTimeOffset now, CancellationToken cancellationToken)
        => ReadAsync(AllSql, connection, car, now, cancellationToken);

    static async Task<Coverage> ReadAsync(string sql, NpgsqlConnection connection, CarId car, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<(DateTimeOffset From, DateTimeOffset To)> positions = [], rides = [], states = [];
        await foreach (var row in connection.RowsAsync(sql, TimeSpan.Zero, cancellationToken, Value.Of(car.Value), Value.Of(Hole)))
        {
            var period = (From: Instant(row.GetDateTime(1)), To: Instant(row.GetDateTime(2)));
            (row.GetString(0) switch { "positions" => positions, "ride" => rides, _ => states }).Add(period);
        }

        return Of(positions, rides, states, now);
    }

    /// <param name="positions">Periods of positions that follow each other closely.</param>
    /// <param name="rides">Drives and charging processes.</param>
    /// <param name="states">The states.</param>
    /// <param name="now">Up to which there may be a hole.</param>
    public static Coverage Of(
        List<(DateTimeOffset From, DateTimeOffset To)> positions, List<(DateTimeOffset From, DateTimeOffset To)> rides,
        List<(DateTimeOffset From, DateTimeOffset To)> states, DateTimeOffset now)
    {
        var seen = new Coverage(positions).Periods;
        var holes = seen.Zip(seen.Skip(1), (left, right) => (left.To, right.From)).ToList();
        // Before the first position and behind the last one it is as between two; without any, only the states tell.
        if (seen is [var first, ..] && states.Count > 0 && states.Min(state => state.From) is var begin && first.From - begin > Hole)
            holes.Add((begin.AddTicks(-1), first.From));
        if (seen is [.., var last] && now > last.To + Now + Hole)
            holes.Add((last.To, now - Now));
        return new Coverage(states).Without(holes)
            .With(positions)
            .With(rides.Select(ride => (ride.From - Margin, ride.To == Forever ? Forever : ride.To + Margin)));
    }

    static DateTimeOffset Instant(DateTime column) => column == DateTime.MaxValue ? Forever : Timestamps.FromColumn(column);
}
