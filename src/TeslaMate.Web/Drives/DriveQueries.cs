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

public sealed record DriveTotals(int Count, double DistanceKm, int Minutes, double NetEnergyKwh);

/// <summary>A thinned drive: what its map and plots need.</summary>
/// <param name="Times">Unix seconds.</param>
/// <param name="Points">Latitude and longitude.</param>
public sealed record DriveTrack(IReadOnlyList<long> Times, IReadOnlyList<double[]> Points, IReadOnlyList<double?> SpeedKmh, IReadOnlyList<double?> PowerKw, IReadOnlyList<double?> ElevationM);

/// <summary>What the pages ask about drives.</summary>
sealed class DriveQueries(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Points of a map or a plot at most, about one a pixel.</summary>
    const int Points = 600;

    // Strings are constants of ours; values are parameters.
    static readonly string Columns = $"""
        drives.id, coalesce(nullif(cars.name, ''), 'VIN ' || cars.vin), drives.start_date, drives.end_date,
        {PlaceLabel.Sql("start_geofence", "start_address")}, {PlaceLabel.Sql("end_geofence", "end_address")},
        drives.distance, drives.duration_min, drives.speed_max, drives.power_max, drives.power_min,
        drives.outside_temp_avg::double precision, drives.inside_temp_avg::double precision, drives.ascent, drives.descent,
        case when (select preferred_range from settings) = 'ideal' then drives.start_ideal_range_km - drives.end_ideal_range_km
             else drives.start_rated_range_km - drives.end_rated_range_km end * cars.efficiency
        """;

    const string Joins = """
        from drives
        join cars on cars.id = drives.car_id
        left join geofences start_geofence on start_geofence.id = drives.start_geofence_id
        left join geofences end_geofence on end_geofence.id = drives.end_geofence_id
        left join addresses start_address on start_address.id = drives.start_address_id
        left join addresses end_address on end_address.id = drives.end_address_id
        """;

    static readonly string Where = $"""
        where ($1::smallint is null or drives.car_id = $1)
          and ($2::timestamp is null or drives.start_date >= $2)
          and ($3::timestamp is null or drives.start_date < $3)
          and ($4::double precision is null or drives.distance >= $4)
          and ($5::text is null or {PlaceLabel.Sql("start_geofence", "start_address")} ilike $5 or {PlaceLabel.Sql("end_geofence", "end_address")} ilike $5)
        """;

    static readonly string Page = $"""
        select {Columns}
        {Joins}
        {Where}
        order by drives.start_date desc, drives.id desc
        limit {Filter.PageSize} offset $6
        """;

    static readonly string Totals = $"""
        select count(*)::int, coalesce(sum(listed.distance), 0), coalesce(sum(listed.duration_min), 0)::int, coalesce(sum(listed.energy), 0)
        from (select {Columns} {Joins} {Where}) as listed (id, car, start_date, end_date, origin, destination, distance, duration_min, speed_max, power_max, power_min,
            outside_temp, inside_temp, ascent, descent, energy)
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
        return new(drives, new(reader.GetInt32(0), reader.GetDouble(1), reader.GetInt32(2), reader.GetDouble(3)));
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
        var end = drive.End ?? time.GetUtcNow();
        await using var command = database.CreateCommand("""
            select extract(epoch from min(date))::bigint, avg(latitude)::double precision, avg(longitude)::double precision,
                   round(avg(speed), 1)::double precision, round(avg(power), 1)::double precision, round(avg(elevation), 1)::double precision
            from positions
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
            speed.Add(Number(reader, 3));
            power.Add(Number(reader, 4));
            elevation.Add(Number(reader, 5));
        }

        return new(times, points, speed, power, elevation);
    }

    static void AddFilter(NpgsqlParameterCollection parameters, Filter filter, Units units)
    {
        parameters.Add(new NpgsqlParameter { Value = (object?)filter.Car ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Smallint });
        parameters.Add(Timestamps.Parameter(filter.Start));
        parameters.Add(Timestamps.Parameter(filter.End));
        parameters.Add(new NpgsqlParameter { Value = filter.LeastDistance is { } distance ? units.Km(distance) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Double });
        parameters.Add(new NpgsqlParameter { Value = (object?)filter.PlacePattern ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    static Drive Read(NpgsqlDataReader reader) => new(
        new DriveId(reader.GetInt32(0)), reader.GetString(1), reader.GetInstant(2), reader.GetInstantOrNull(3), Text(reader, 4), Text(reader, 5), Number(reader, 6),
        Whole(reader, 7), Whole(reader, 8), Whole(reader, 9), Whole(reader, 10), Number(reader, 11), Number(reader, 12), Whole(reader, 13), Whole(reader, 14), Number(reader, 15));

    static string? Text(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    static double? Number(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDouble(ordinal);

    static int? Whole(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt16(ordinal);
}
