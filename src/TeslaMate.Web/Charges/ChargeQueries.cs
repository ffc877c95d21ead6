using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Charges;

/// <summary>A charging process as lists and its own page show it; what is null was not recorded (yet).</summary>
public sealed record ChargingProcess(
    ChargingProcessId Id, string Car, DateTimeOffset Start, DateTimeOffset? End, string? Place, decimal? AddedKwh, decimal? UsedKwh, int? StartLevel,
    int? EndLevel,
    int? Minutes, double? OutsideTemp, decimal? Cost, double Latitude, double Longitude, double? RangeAddedKm)
{
    /// <summary>What the charge took: the greater of what was drawn and what was added.</summary>
    public decimal? EnergyKwh => UsedKwh is { } used && AddedKwh is { } added ? Math.Max(used, added) : UsedKwh ?? AddedKwh;

    /// <summary>The battery's levels at both ends, as far as they are known.</summary>
    public string? Levels => (StartLevel, EndLevel) switch
    {
        (null, _) => null,
        ({ } start, null) => string.Create(CultureInfo.InvariantCulture, $"{start}%"),
        ({ } start, { } end) => string.Create(CultureInfo.InvariantCulture, $"{start} – {end}%"),
    };

    public double? PowerAvgKw => Minutes > 0 && EnergyKwh is { } energy ? (double)energy / Minutes * 60 : null;
}

public sealed record ChargeList(IReadOnlyList<ChargingProcess> Charges, ChargeTotals Totals);

public sealed record ChargeTotals(int Count, decimal AddedKwh, decimal EnergyKwh, int Minutes, decimal? Cost);

/// <summary>A thinned charge: what its plots need.</summary>
/// <param name="Times">Unix seconds.</param>
public sealed record ChargeCurve(IReadOnlyList<long> Times, IReadOnlyList<double?> PowerKw, IReadOnlyList<double?> VoltageV,
    IReadOnlyList<double?> EnergyKwh, IReadOnlyList<double?> Level);

/// <summary>What the pages ask about charging processes.</summary>
sealed class ChargeQueries([FromKeyedServices(WebDatabase.Pages)] NpgsqlDataSource database)
{
    /// <summary>Points of a plot at most.</summary>
    const int Points = 600;

    static readonly string Columns = $"""
        process.id, coalesce(nullif(cars.name, ''), 'VIN ' || cars.vin), process.start_date, process.end_date,
            {PlaceLabel.Sql("geofence", "address")},
        process.charge_energy_added, process.charge_energy_used, process.start_battery_level, process.end_battery_level, process.duration_min,
        process.outside_temp_avg::double precision, process.cost, position.latitude::double precision, position.longitude::double precision,
        (case when (select preferred_range from public.settings) = 'ideal' then process.end_ideal_range_km - process.start_ideal_range_km
              else process.end_rated_range_km - process.start_rated_range_km end)::double precision
        """;

    const string Places = """
        left join public.geofences geofence on geofence.id = process.geofence_id
        left join public.addresses address on address.id = process.address_id
        """;

    const string Joins = $"""
        from public.charging_processes process
        join public.cars on cars.id = process.car_id
        join public.positions position on position.id = process.position_id
        {Places}
        """;

    static readonly string Where = $"""
        where {Filter.Sql("process")}
          and ($4::text is null or {PlaceLabel.IsMatching("process.geofence_id", "process.address_id")})
        """;

    // The rows of the page are found first, so that only they get their names and positions.
    static readonly string Page = $"""
        with {PlaceLabel.Matching}, listed as (
            select process.id
            from public.charging_processes process
            {Where}
            order by process.start_date desc, process.id desc
            limit {Filter.PageSize} offset $5)
        select {Columns}
        {Joins}
        where process.id in (select id from listed)
        order by process.start_date desc, process.id desc
        """;

    static readonly string Totals = $"""
        with {PlaceLabel.Matching}
        select count(*)::int, coalesce(sum(process.charge_energy_added), 0),
            coalesce(sum(greatest(process.charge_energy_used, process.charge_energy_added)), 0),
               coalesce(sum(process.duration_min), 0)::int, sum(process.cost)
        from public.charging_processes process
        {Where}
        """;

    static readonly string One = $"select {Columns} {Joins} where process.id = $1";

    /// <summary>A page of charging processes, newest first, with the totals of all pages.</summary>
    public async Task<ChargeList> ListAsync(Filter filter, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        var page = new NpgsqlBatchCommand(Page);
        filter.AddTo(page.Parameters);
        page.Parameters.Add(Value.Of((filter.Page - 1) * Filter.PageSize));
        var totals = new NpgsqlBatchCommand(Totals);
        filter.AddTo(totals.Parameters);
        batch.BatchCommands.Add(page);
        batch.BatchCommands.Add(totals);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var charges = new List<ChargingProcess>();
        while (await reader.ReadAsync(cancellationToken))
            charges.Add(Read(reader));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(charges, new(reader.GetInt32(0), reader.Decimal(1) ?? 0, reader.Decimal(2) ?? 0, reader.GetInt32(3), reader.Decimal(4)));
    }

    /// <returns>Null when there is no such charging process.</returns>
    public async Task<ChargingProcess?> FindAsync(ChargingProcessId process, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(One);
        command.Parameters.Add(Value.Of(process.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>The charge in equal steps of time, each step as its mean, the counters as their last value.</summary>
    public async Task<ChargeCurve> CurveAsync(ChargingProcess charge, CancellationToken cancellationToken)
    {
        var length = (charge.End ?? await LastAsync(charge, cancellationToken) ?? charge.Start) - charge.Start;
        await using var command = database.CreateCommand("""
            select extract(epoch from min(date))::bigint, round(avg(charger_power), 1)::double precision,
                round(avg(charger_voltage), 0)::double precision,
                   max(charge_energy_added)::double precision, max(battery_level)::double precision
            from public.charges
            where charging_process_id = $1 and isfinite(date)
            group by floor(extract(epoch from date - $2) / $3)
            order by 1
            """);
        command.Parameters.Add(Value.Of(charge.Id.Value));
        command.Parameters.Add(Value.Of(charge.Start));
        command.Parameters.Add(Value.Of((decimal)Math.Max(1, length.TotalSeconds / Points)));
        var times = new List<long>();
        var (power, voltage) = (new List<double?>(), new List<double?>());
        var (energy, level) = (new List<double?>(), new List<double?>());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            times.Add(reader.GetInt64(0));
            power.Add(reader.Double(1));
            voltage.Add(reader.Double(2));
            energy.Add(reader.Double(3));
            level.Add(reader.Double(4));
        }

        return new(times, power, voltage, energy, level);
    }

    // One without an end may be under way, or have been left behind years ago.
    async Task<DateTimeOffset?> LastAsync(ChargingProcess charge, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("select max(date) from public.charges where charging_process_id = $1");
        command.Parameters.Add(Value.Of(charge.Id.Value));
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime last ? Timestamps.FromColumn(last) : null;
    }

    static ChargingProcess Read(NpgsqlDataReader reader) => new(
        new ChargingProcessId(reader.GetInt32(0)), reader.GetString(1), reader.GetInstant(2), reader.GetInstantOrNull(3), reader.Text(4),
        reader.Decimal(5), reader.Decimal(6), reader.Small(7), reader.Small(8), reader.Small(9), reader.Double(10), reader.Decimal(11),
        reader.GetDouble(12), reader.GetDouble(13), reader.Double(14));
}
