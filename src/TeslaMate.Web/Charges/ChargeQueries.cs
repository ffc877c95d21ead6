using Npgsql;
using NpgsqlTypes;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Web.Layout;

namespace TeslaMate.Web.Charges;

/// <summary>A charging process as lists and its own page show it; what is null was not recorded (yet).</summary>
public sealed record Charge(
    ChargingProcessId Id, string Car, DateTimeOffset Start, DateTimeOffset? End, string? Place, decimal? AddedKwh, decimal? UsedKwh, int? StartLevel, int? EndLevel,
    int? Minutes, double? OutsideTemp, decimal? Cost, double Latitude, double Longitude, double? RangeAddedKm)
{
    /// <summary>What the charge took: the greater of what was drawn and what was added.</summary>
    public decimal? EnergyKwh => UsedKwh is { } used && AddedKwh is { } added ? Math.Max(used, added) : UsedKwh ?? AddedKwh;

    public double? PowerAvgKw => Minutes > 0 && EnergyKwh is { } energy ? (double)energy / Minutes * 60 : null;
}

public sealed record ChargeList(IReadOnlyList<Charge> Charges, ChargeTotals Totals);

public sealed record ChargeTotals(int Count, decimal AddedKwh, decimal EnergyKwh, int Minutes, decimal? Cost);

/// <summary>A thinned charge: what its plots need.</summary>
/// <param name="Times">Unix seconds.</param>
public sealed record ChargeCurve(IReadOnlyList<long> Times, IReadOnlyList<double?> PowerKw, IReadOnlyList<double?> VoltageV, IReadOnlyList<double?> EnergyKwh, IReadOnlyList<double?> Level);

/// <summary>What the pages ask about charging processes, and the one thing they change: the cost.</summary>
sealed class ChargeQueries(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Points of a plot at most.</summary>
    const int Points = 600;

    static readonly string Columns = $"""
        process.id, coalesce(nullif(cars.name, ''), 'VIN ' || cars.vin), process.start_date, process.end_date, {PlaceLabel.Sql("geofence", "address")},
        process.charge_energy_added, process.charge_energy_used, process.start_battery_level, process.end_battery_level, process.duration_min,
        process.outside_temp_avg::double precision, process.cost, position.latitude::double precision, position.longitude::double precision,
        (case when (select preferred_range from settings) = 'ideal' then process.end_ideal_range_km - process.start_ideal_range_km
              else process.end_rated_range_km - process.start_rated_range_km end)::double precision
        """;

    const string Joins = """
        from charging_processes process
        join cars on cars.id = process.car_id
        join positions position on position.id = process.position_id
        left join geofences geofence on geofence.id = process.geofence_id
        left join addresses address on address.id = process.address_id
        """;

    static readonly string Where = $"""
        where ($1::smallint is null or process.car_id = $1)
          and ($2::timestamp is null or process.start_date >= $2)
          and ($3::timestamp is null or process.start_date < $3)
          and ($4::text is null or {PlaceLabel.Sql("geofence", "address")} ilike $4)
        """;

    static readonly string Page = $"""
        select {Columns}
        {Joins}
        {Where}
        order by process.start_date desc, process.id desc
        limit {Filter.PageSize} offset $5
        """;

    static readonly string Totals = $"""
        select count(*)::int, coalesce(sum(process.charge_energy_added), 0), coalesce(sum(greatest(process.charge_energy_used, process.charge_energy_added)), 0),
               coalesce(sum(process.duration_min), 0)::int, sum(process.cost)
        from charging_processes process
        left join geofences geofence on geofence.id = process.geofence_id
        left join addresses address on address.id = process.address_id
        {Where}
        """;

    static readonly string One = $"select {Columns} {Joins} where process.id = $1";

    /// <summary>A page of charging processes, newest first, with the totals of all pages.</summary>
    public async Task<ChargeList> ListAsync(Filter filter, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        var page = new NpgsqlBatchCommand(Page);
        AddFilter(page.Parameters, filter);
        page.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (filter.Page - 1) * Filter.PageSize });
        var totals = new NpgsqlBatchCommand(Totals);
        AddFilter(totals.Parameters, filter);
        batch.BatchCommands.Add(page);
        batch.BatchCommands.Add(totals);
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var charges = new List<Charge>();
        while (await reader.ReadAsync(cancellationToken))
            charges.Add(Read(reader));
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(charges, new(reader.GetInt32(0), reader.GetDecimal(1), reader.GetDecimal(2), reader.GetInt32(3), Money(reader, 4)));
    }

    /// <returns>Null when there is no such charging process.</returns>
    public async Task<Charge?> FindAsync(ChargingProcessId process, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(One);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = process.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    /// <summary>The charge in equal steps of time, each step as its mean, the counters as their last value.</summary>
    public async Task<ChargeCurve> CurveAsync(Charge charge, CancellationToken cancellationToken)
    {
        var length = (charge.End ?? time.GetUtcNow()) - charge.Start;
        await using var command = database.CreateCommand("""
            select extract(epoch from min(date))::bigint, round(avg(charger_power), 1)::double precision, round(avg(charger_voltage), 0)::double precision,
                   max(charge_energy_added)::double precision, max(battery_level)::double precision
            from charges
            where charging_process_id = $1
            group by floor(extract(epoch from date - $2) / $3)
            order by 1
            """);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = charge.Id.Value });
        command.Parameters.Add(Timestamps.Parameter(charge.Start));
        command.Parameters.Add(new NpgsqlParameter<decimal> { TypedValue = (decimal)Math.Max(1, length.TotalSeconds / Points) });
        var times = new List<long>();
        var (power, voltage) = (new List<double?>(), new List<double?>());
        var (energy, level) = (new List<double?>(), new List<double?>());
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            times.Add(reader.GetInt64(0));
            power.Add(Number(reader, 1));
            voltage.Add(Number(reader, 2));
            energy.Add(Number(reader, 3));
            level.Add(Number(reader, 4));
        }

        return new(times, power, voltage, energy, level);
    }

    /// <summary>Stores the cost of a charging process: rounded to two decimals by the column, cleared by null.</summary>
    /// <returns>False when there is no such charging process.</returns>
    public async Task<bool> SetCostAsync(ChargingProcessId process, decimal? cost, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update charging_processes set cost = $2 where id = $1");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = process.Value });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)cost ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Numeric });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    static void AddFilter(NpgsqlParameterCollection parameters, Filter filter)
    {
        parameters.Add(new NpgsqlParameter { Value = (object?)filter.Car ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Smallint });
        parameters.Add(Timestamps.Parameter(filter.Start));
        parameters.Add(Timestamps.Parameter(filter.End));
        parameters.Add(new NpgsqlParameter { Value = (object?)filter.PlacePattern ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
    }

    static Charge Read(NpgsqlDataReader reader) => new(
        new ChargingProcessId(reader.GetInt32(0)), reader.GetString(1), reader.GetInstant(2), reader.GetInstantOrNull(3), reader.IsDBNull(4) ? null : reader.GetString(4),
        Money(reader, 5), Money(reader, 6), Whole(reader, 7), Whole(reader, 8), Whole(reader, 9), Number(reader, 10), Money(reader, 11), reader.GetDouble(12), reader.GetDouble(13), Number(reader, 14));

    static decimal? Money(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDecimal(ordinal);

    static double? Number(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDouble(ordinal);

    static int? Whole(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt16(ordinal);
}
