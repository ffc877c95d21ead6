namespace TeslaMate.Logbook.History;

/// <summary>
/// The readings of the odometer between which the live car was driven, as its drives say: nobody drives the same kilometres twice. A drive that it
/// did not see and made up of what it found later has another time than the real one, but the same readings.
/// </summary>
sealed class DrivenKilometres
{
    // Kilometres; loggers read the odometer some seconds apart.
    const double Rounding = 0.2;

    readonly List<(double From, double To)> _ranges = [];

    DrivenKilometres() { }

    /// <summary>Those of all drives that no import brought, the open one included.</summary>
    public static async Task<DrivenKilometres> ReadAsync(NpgsqlConnection connection, CarId car, CancellationToken cancellationToken)
    {
        var driven = new DrivenKilometres();
        await foreach (var row in connection.RowsAsync("""
            with live as (
                select id, start_date, end_date, start_km, end_km
                from public.drives
                where car_id = $1
                    and not exists (select from teslamate.imported_entries mine where mine.kind = 'drive' and mine.entry_id = drives.id))
            select start_km, end_km
            from live
            where start_km is not null and end_km is not null
            union all
            -- An open drive has no readings of its own yet.
            select min(odometer), max(odometer)
            from live
            join public.positions on positions.car_id = $1 and positions.date >= live.start_date and positions.drive_id = live.id
            where live.end_date is null
            group by live.id
            having min(odometer) is not null
            """, TimeSpan.Zero, cancellationToken, Value.Of(car.Value)))
            driven._ranges.Add((row.GetDouble(0), row.GetDouble(1)));
        return driven;
    }

    /// <summary>Whether one drive of the live car has all kilometres of another; false for one without readings or of no length.</summary>
    public bool Hold(double? from, double? to)
        => to - from >= Rounding && _ranges.Exists(range => range.From <= from + Rounding && to <= range.To + Rounding);
}
