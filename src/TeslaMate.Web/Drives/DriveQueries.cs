using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Drives;

/// <summary>A drive as the list shows it; what is null was not recorded (yet).</summary>
/// <param name="ConsumptionWhKm">Net (M9; spec charts 5.1); null for a drive that has not ended.</param>
public sealed record Drive(
    DriveId Id, string Car, DateTimeOffset Start, DateTimeOffset? End, string? From, string? To, double? DistanceKm, int? Minutes,
    double? OutsideTemp, double? ConsumptionWhKm);

public sealed record DriveList(IReadOnlyList<Drive> Drives, DriveTotals Totals);

/// <summary>The sums of all pages, over counted drives (M3, M9; spec charts 5.1).</summary>
/// <param name="Listed">Drives of all pages, counted or not.</param>
/// <param name="Counted">Those with an end and a distance: no sum takes others.</param>
/// <param name="NetEnergyKwh">Null where nothing is known of it.</param>
public sealed record DriveTotals(int Listed, int Counted, double DistanceKm, double DrivingSeconds, double? NetEnergyKwh);

/// <summary>What the pages ask about drives.</summary>
sealed class DriveQueries([FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database)
{
    const string Places = """
        left join public.geofences start_geofence on start_geofence.id = drives.start_geofence_id
        left join public.geofences end_geofence on end_geofence.id = drives.end_geofence_id
        left join public.addresses start_address on start_address.id = drives.start_address_id
        left join public.addresses end_address on end_address.id = drives.end_address_id
        """;

    // Strings are constants of ours; values are parameters.
    static readonly string WherePlace = $"""
        ($4::text is null or {PlaceLabel.IsMatching("drives.start_geofence_id", "drives.start_address_id")}
            or {PlaceLabel.IsMatching("drives.end_geofence_id", "drives.end_address_id")})
        """;

    static readonly string Where = $"""
        where {Filter.Sql("drives")}
          and {WherePlace}
          and ($5::double precision is null or drives.distance >= $5)
        """;

    // The rows of the page are found first, so that only they get their names. The measures are asked once for each car of the page, over the time of
    // its rows, and not once for each row. A row whose start no calendar has stands in the list without them.
    static readonly string Page = $"""
        with {PlaceLabel.Matching}, listed as materialized (
            select drives.id, drives.car_id, drives.start_date
            from public.drives
            {Where}
            order by drives.start_date desc, drives.id desc
            limit {Filter.PageSize} offset $6
        ), facts as materialized (
            select measured.drive_id, measured.net_wh_per_km
            from (
                select car_id, min(start_date) as since, max(start_date) + interval '1 microsecond' as until
                from listed
                where start_date between timestamp '1900-01-01' and timestamp '9999-01-01'
                group by car_id
            ) as span
            cross join lateral teslamate.drive_facts(span.car_id, span.since, span.until) as measured
        )
        select drives.id, coalesce(nullif(cars.name, ''), 'VIN ' || cars.vin), drives.start_date, drives.end_date,
            {PlaceLabel.Sql("start_geofence", "start_address")}, {PlaceLabel.Sql("end_geofence", "end_address")},
            drives.distance, drives.duration_min, drives.outside_temp_avg::double precision, facts.net_wh_per_km
        from public.drives
        join public.cars on cars.id = drives.car_id
        {Places}
        left join facts on facts.drive_id = drives.id
        where drives.id in (select id from listed)
        order by drives.start_date desc, drives.id desc
        """;

    static readonly string Totals = $"""
        with {PlaceLabel.Matching}
        select (select count(*)::int from public.drives {Where}), count(*)::int, coalesce(sum(drives.distance_km), 0),
            coalesce(sum(drives.duration_s), 0), sum(drives.net_kwh)
        from public.cars
        cross join lateral teslamate.drive_facts(cars.id, $2, $3) as drives
        where ($1::smallint is null or cars.id = $1)
          and drives.is_counted
          and {WherePlace}
          and ($5::double precision is null or drives.distance_km >= $5)
        """;

    /// <summary>A page of drives, newest first, with the totals of all pages.</summary>
    /// <param name="filter">The distance is in <paramref name="units"/>.</param>
    public async Task<DriveList> ListAsync(Filter filter, Units units, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        var page = new NpgsqlBatchCommand(Page);
        AddFilter(page.Parameters, filter, units);
        page.Parameters.Add(Value.Of((filter.Page - 1) * Filter.PageSize));
        var totals = new NpgsqlBatchCommand(Totals);
        AddFilter(totals.Parameters, filter, units);
        batch.BatchCommands.Add(page);
        batch.BatchCommands.Add(totals);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var drives = new List<Drive>();
        while (await reader.ReadAsync(cancellationToken))
            drives.Add(Read(reader));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(drives,
            new(reader.GetInt32(0), reader.GetInt32(1), reader.GetDouble(2), reader.GetDouble(3), reader.Double(4)));
    }

    /// <summary>Whose drive it is, and when it began; null when there is no such drive.</summary>
    public async Task<(short Car, DateTimeOffset Start)?> FindAsync(int drive, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select car_id, start_date from public.drives where id = $1");
        command.Parameters.Add(Value.Of(drive));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt16(0), reader.GetInstant(1)) : null;
    }

    static void AddFilter(NpgsqlParameterCollection parameters, Filter filter, Units units)
    {
        filter.AddTo(parameters);
        parameters.Add(Value.Of(filter.LeastDistance is { } distance ? units.Km(distance) : (double?)null));
    }

    static Drive Read(NpgsqlDataReader reader) => new(
        new DriveId(reader.GetInt32(0)), reader.GetString(1), reader.GetInstant(2), reader.GetInstantOrNull(3), reader.Text(4), reader.Text(5),
        reader.Double(6), reader.Small(7), reader.Double(8), reader.Double(9));
}
