using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Drives;

/// <summary>A drive as lists and its own page show it; what is null was not recorded (yet).</summary>
/// <param name="NetEnergyKwh">Range lost times the car's efficiency.</param>
public sealed record Drive(
    DriveId Id, string Car, DateTimeOffset Start, DateTimeOffset? End, string? From, string? To, double? DistanceKm, int? Minutes,
    int? SpeedMaxKmh, int? PowerMaxKw, int? PowerMinKw, double? OutsideTemp, double? InsideTemp, int? AscentM, int? DescentM, double? NetEnergyKwh)
{
    /// <summary>Wh per km; null for a drive too short to tell.</summary>
    public double? ConsumptionWhKm => DistanceKm > 0.5 && NetEnergyKwh is { } energy ? energy * 1000 / DistanceKm : null;

    public double? SpeedAvgKmh => Minutes > 0 && DistanceKm is { } distance ? distance / Minutes * 60 : null;
}

public sealed record DriveList(IReadOnlyList<Drive> Drives, DriveTotals Totals);

public sealed record DriveTotals(int Count, double DistanceKm, int Minutes, double? NetEnergyKwh);

/// <summary>A thinned drive: what its map and plots need.</summary>
/// <param name="Times">Unix seconds.</param>
/// <param name="Points">Latitude and longitude.</param>
public sealed record DriveTrack(IReadOnlyList<long> Times, IReadOnlyList<double[]> Points, IReadOnlyList<double?> SpeedKmh, IReadOnlyList<double?> PowerKw, IReadOnlyList<double?> ElevationM);

/// <summary>What the pages ask about drives.</summary>
sealed class DriveQueries([FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database)
{
    /// <summary>Points of a map or a plot at most, about one a pixel.</summary>
    const int Points = 600;

    // As floating point from the start: numeric arithmetic would cost the totals most of their time.
    const string NetEnergy = """
        case when (select preferred_range from public.settings) = 'ideal' then drives.start_ideal_range_km::double precision - drives.end_ideal_range_km::double precision
             else drives.start_rated_range_km::double precision - drives.end_rated_range_km::double precision end * cars.efficiency
        """;

    // Strings are constants of ours; values are parameters.
    static readonly string Columns = $"""
        drives.id, coalesce(nullif(cars.name, ''), 'VIN ' || cars.vin), drives.start_date, drives.end_date,
        {PlaceLabel.Sql("start_geofence", "start_address")}, {PlaceLabel.Sql("end_geofence", "end_address")},
        drives.distance, drives.duration_min, drives.speed_max, drives.power_max, drives.power_min,
        drives.outside_temp_avg::double precision, drives.inside_temp_avg::double precision, drives.ascent, drives.descent,
        {NetEnergy}
        """;

    const string Places = """
        left join public.geofences start_geofence on start_geofence.id = drives.start_geofence_id
        left join public.geofences end_geofence on end_geofence.id = drives.end_geofence_id
        left join public.addresses start_address on start_address.id = drives.start_address_id
        left join public.addresses end_address on end_address.id = drives.end_address_id
        """;

    const string Joins = $"""
        from public.drives
        join public.cars on cars.id = drives.car_id
        {Places}
        """;

    static readonly string Where = $"""
        where {Filter.Sql("drives")}
          and ($4::text is null or {PlaceLabel.Sql("start_geofence", "start_address")} ilike $4 or {PlaceLabel.Sql("end_geofence", "end_address")} ilike $4)
          and ($5::double precision is null or drives.distance >= $5)
        """;

    // The rows of the page are found first, so that only they get their names. Without a wish for a place the server leaves the joins for it out.
    static readonly string Page = $"""
        with listed as (
            select drives.id
            from public.drives
            {Places}
            {Where}
            order by drives.start_date desc, drives.id desc
            limit {Filter.PageSize} offset $6)
        select {Columns}
        {Joins}
        where drives.id in (select id from listed)
        order by drives.start_date desc, drives.id desc
        """;

    static readonly string Totals = $"""
        select count(*)::int, coalesce(sum(drives.distance), 0), coalesce(sum(drives.duration_min), 0)::int, sum({NetEnergy})
        {Joins}
        {Where}
        """;

    static readonly string One = $"select {Columns} {Joins} where drives.id = $1";

    /// <summary>A page of drives, newest first, with the totals of all pages.</summary>
    /// <param name="filter">The distance is in <paramref name="units"/>.</param>
    public async Task<DriveList> ListAsync(Filter filter, Units units, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        var page = new NpgsqlBatchCommand(Page);
        AddFilter(page.Parameters, filter, units);
        page.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (filter.Page - 1) * Filter.PageSize });
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
        return new(drives, new(reader.GetInt32(0), reader.GetDouble(1), reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetDouble(3)));
    }

    /// <returns>Null when there is no such drive.</returns>
    public async Task<Drive?> FindAsync(DriveId drive, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(One);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = drive.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>The positions of a drive in equal steps of time, each step as its mean. The limits of the date are there for the index.</summary>
    public async Task<DriveTrack> TrackAsync(Drive drive, CancellationToken cancellationToken)
    {
        var end = drive.End ?? await LastAsync(drive, cancellationToken) ?? drive.Start;
        await using var command = database.CreateCommand("""
            select extract(epoch from min(date))::bigint, avg(latitude)::double precision, avg(longitude)::double precision,
                   round(avg(speed), 1)::double precision, round(avg(power), 1)::double precision, round(avg(elevation), 1)::double precision
            from public.positions
            where drive_id = $1 and date between $2 and $3
            group by floor(extract(epoch from date - $2) / $4)
            order by 1
            """);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = drive.Id.Value });
        command.Parameters.Add(Timestamps.Parameter(drive.Start));
        command.Parameters.Add(Timestamps.Parameter(end));
        command.Parameters.Add(new NpgsqlParameter<decimal> { TypedValue = (decimal)Math.Max(1, (end - drive.Start).TotalSeconds / Points) });
        var (times, points) = (new List<long>(), new List<double[]>());
        var (speed, power, elevation) = (new List<double?>(), new List<double?>(), new List<double?>());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            times.Add(reader.GetInt64(0));
            points.Add([Math.Round(reader.GetDouble(1), 6), Math.Round(reader.GetDouble(2), 6)]);
            speed.Add(reader.NumberOrNull(3));
            power.Add(reader.NumberOrNull(4));
            elevation.Add(reader.NumberOrNull(5));
        }

        return new(times, points, speed, power, elevation);
    }

    // One without an end may be under way, or have been left behind years ago. The limit of the date is there for the index.
    async Task<DateTimeOffset?> LastAsync(Drive drive, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select max(date) from public.positions where drive_id = $1 and date >= $2");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = drive.Id.Value });
        command.Parameters.Add(Timestamps.Parameter(drive.Start));
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime last ? Timestamps.FromColumn(last) : null;
    }

    static void AddFilter(NpgsqlParameterCollection parameters, Filter filter, Units units)
    {
        filter.AddTo(parameters);
        parameters.Add(new NpgsqlParameter { Value = filter.LeastDistance is { } distance ? units.Km(distance) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Double });
    }

    static Drive Read(NpgsqlDataReader reader) => new(
        new DriveId(reader.GetInt32(0)), reader.GetString(1), reader.GetInstant(2), reader.GetInstantOrNull(3), reader.TextOrNull(4), reader.TextOrNull(5), reader.NumberOrNull(6),
        reader.WholeOrNull(7), reader.WholeOrNull(8), reader.WholeOrNull(9), reader.WholeOrNull(10), reader.NumberOrNull(11), reader.NumberOrNull(12), reader.WholeOrNull(13),
        reader.WholeOrNull(14), reader.NumberOrNull(15));
}
