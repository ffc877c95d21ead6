using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Wire.Generated;
using Value = TeslaMate.Database.Value;

namespace TeslaMate.Telemetry;

/// <summary>The report of the pages, from the database and the file of the app's key.</summary>
sealed class DatabaseReport(NpgsqlDataSource database, Ledger ledger, TelemetrySettings settings, TimeProvider time) : ITelemetryReport
{
    const int MostRequests = 50;
    const int Points = 600;

    static readonly string OfDrive = BatterySql("public.drives");
    static readonly string OfCharge = BatterySql("public.charging_processes");

    /// <inheritdoc/>
    public string? PublicKey
    {
        get
        {
            try
            {
                return File.Exists(settings.AppKeyFile) ? TelemetryFiles.PublicKey(settings.AppKeyFile) : null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public TimeSpan KeepValues => settings.KeepValues;

    /// <inheritdoc/>
    public async Task<TelemetryReport> ReadAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var months = (await ledger.MonthAsync(now, cancellationToken)).ToDictionary(month => month.Car);
        List<ReportedCar> cars = [];
        foreach (var status in await new TelemetryStatus(database).ReadAsync(now, cancellationToken))
        {
            var month = months.GetValueOrDefault(status.Car) ?? new MonthOfCar(status.Car, 0, 0, 0, 0, 0, 0);
            cars.Add(new ReportedCar(
                status.Name, status.Vin, status.Feed, status.HasContact, status.LastData, status.IsSynced, status.LastError,
                [.. status.FieldsMissing.Select(field => $"{field} ({LeastFirmware.Of(field)})")],
                month.Records, month.Rejected, month.Datums, month.Requests, month.PriceUsd, month.ForecastUsd)
            {
                IsPolledInstead = status.IsPolledInstead,
                IsSpent = status is { IsPolledInstead: true, PollsToday: >= Budget.MostPollsADay },
            });
        }

        return new TelemetryReport(cars, await RequestsAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public Task<BatteryCurve> BatteryAsync(DriveId drive, CancellationToken cancellationToken)
        => BatteryAsync(OfDrive, drive.Value, cancellationToken);

    /// <inheritdoc/>
    public Task<BatteryCurve> BatteryAsync(ChargingProcessId process, CancellationToken cancellationToken)
        => BatteryAsync(OfCharge, process.Value, cancellationToken);

    // One row for each piece of the time, so that a long charge is no more than a short drive.
    static string BatterySql(string table) => $"""
        with span as (
            select car_id, start_date as started, coalesce(end_date, start_date + interval '1 day') as ended from {table} where id = $1)
        select
            min(extract(epoch from date))::bigint,
            avg(number) filter (where field = $2), avg(number) filter (where field = $3),
            1000 * (max(number) filter (where field = $4) - min(number) filter (where field = $5)), max(number) filter (where field = $6)
        from span
        join teslamate.telemetry_values kept on kept.car_id = span.car_id and kept.date between span.started and span.ended
        cross join lateral unnest(fields, numbers) as value (field, number)
        where field in ($2, $3, $4, $5, $6)
        group by width_bucket(extract(epoch from date), extract(epoch from started), extract(epoch from ended) + 1, $7)
        order by 1
        """;

    async Task<BatteryCurve> BatteryAsync(string sql, int id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(Value.Of(id));
        foreach (var field in new[] { Field.PackVoltage, Field.PackCurrent, Field.BrickVoltageMax, Field.BrickVoltageMin, Field.ModuleTempMax })
            command.Parameters.Add(Value.Of((short)field));
        command.Parameters.Add(Value.Of(Points));
        List<long> times = [];
        List<double?>[] values = [[], [], [], []];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            times.Add(reader.GetInt64(0));
            for (var i = 0; i < values.Length; i++)
                values[i].Add(reader.IsDBNull(i + 1) ? null : Convert.ToDouble(reader.GetValue(i + 1), CultureInfo.InvariantCulture));
        }

        return new BatteryCurve(times, values[0], values[1], values[2], values[3]);
    }

    async Task<List<ReportedRequest>> RequestsAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select asked_at, coalesce(nullif(cars.name, ''), cars.vin, ''), kind, reason, status, is_billed and coalesce(status, 200) < 500
            from teslamate.telemetry_requests request
            left join public.cars on cars.id = request.car_id
            order by request.id desc
            limit $1
            """);
        command.Parameters.Add(Value.Of(MostRequests));
        List<ReportedRequest> requests = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            requests.Add(new ReportedRequest(
                reader.GetInstant(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.IsDBNull(4) ? null : reader.GetInt16(4),
                reader.GetBoolean(5) ? Budget.PriceUsd(0, 1) : 0));
        }

        return requests;
    }
}
