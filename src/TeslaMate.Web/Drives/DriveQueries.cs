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

/// <summary>What the pages ask about drives.</summary>
sealed class DriveQueries([FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database)
{
    // As floating point from the start: numeric arithmetic would cost the totals most of their time.
    const string NetEnergy = """
        case when (select preferred_range
            from public.settings) = 'ideal' then drives.start_ideal_range_km::double precision - drives.end_ideal_range_km::double precision
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
          and ($4::text is null or {PlaceLabel.Sql("start_geofence", "start_address")} ilike $4
            or {PlaceLabel.Sql("end_geofence", "end_address")} ilike $4)
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
        return new(drives, new(reader.GetInt32(0), reader.GetDouble(1), reader.GetInt32(2), reader.Double(3)));
    }

    /// <summary>Whose drive it is, and when it began; null when there is no such drive.</summary>
    public async Task<(short Car, DateTimeOffset Start)?> FindAsync(int drive, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select car_id, start_date from public.drives where id = $1");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = drive });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (reader.GetInt16(0), reader.GetInstant(1)) : null;
    }

    static void AddFilter(NpgsqlParameterCollection parameters, Filter filter, Units units)
    {
        filter.AddTo(parameters);
        parameters.Add(new NpgsqlParameter
        {
            Value = filter.LeastDistance is { } distance ? units.Km(distance) : DBNull.Value,
            NpgsqlDbType = NpgsqlDbType.Double
        });
    }

    static Drive Read(NpgsqlDataReader reader) => new(
        new DriveId(reader.GetInt32(0)), reader.GetString(1), reader.GetInstant(2), reader.GetInstantOrNull(3), reader.Text(4), reader.Text(5),
        reader.Double(6),
        reader.Small(7), reader.Small(8), reader.Small(9), reader.Small(10), reader.Double(11), reader.Double(12), reader.Small(13),
        reader.Small(14), reader.Double(15));
}
