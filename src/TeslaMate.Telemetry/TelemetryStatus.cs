using System.Globalization;
using System.Text.Json.Nodes;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Records;

namespace TeslaMate.Telemetry;

/// <summary>What is known about the cars that stream, from the database alone.</summary>
sealed class TelemetryStatus(NpgsqlDataSource database)
{
    static readonly TimeSpan Contact = TimeSpan.FromSeconds(90);

    // Until data have flowed for so long, polling leads (spec fleet-telemetry 4.10).
    static readonly TimeSpan Back = TimeSpan.FromMinutes(10);

    // After so many drives or charges a field that has not come will not.
    const int Enough = 3;

    // What is asked for of a car that others have configured: without these it is not logged well.
    static readonly string[] Expected =
    [
        "Gear", "Location", "VehicleSpeed", "Odometer", "Soc", "BatteryLevel", "RatedRange", "DetailedChargeState", "DCChargingEnergyIn",
        "PackVoltage", "PackCurrent",
        "Version",
    ];

    public async Task<IReadOnlyList<StatusOfCar>> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            select
                cars.vin, telemetry.is_enabled, telemetry.is_synced, telemetry.last_error,
                (select max(received_at) from teslamate.telemetry_inbox inbox where inbox.car_id = cars.id and inbox.type <= 1),
                (select array(select (field ->> 'field')::integer from jsonb_array_elements(state -> 'fields') field)
                 from teslamate.telemetry_snapshots snapshot where snapshot.car_id = cars.id),
                usage.records, usage.datums, usage.rejected,
                (select count(*) from teslamate.telemetry_requests request
                 where request.car_id = cars.id and is_billed and coalesce(status, 200) < 500 and asked_at >= $1),
                coalesce(settings.use_streaming_api, false), cars.id, coalesce(cars.name, ''),
                (select count(*) from teslamate.telemetry_requests request
                 where request.car_id is null and is_billed and coalesce(status, 200) < 500 and asked_at >= $1)::double precision
                    / count(*) over (),
                {TelemetryCars.IsCutSql}, telemetry.profile,
                (select count(*) from public.drives
                 where drives.car_id = cars.id and end_date is not null and start_date >= coalesce(telemetry.configured_at, '-infinity')),
                (select count(*) from public.charging_processes charge
                 where charge.car_id = cars.id and end_date is not null and start_date >= coalesce(telemetry.configured_at, '-infinity')),
                (select max(asked_at) from teslamate.telemetry_requests request where request.car_id = cars.id and kind = 'poll'),
                (select count(*) from teslamate.telemetry_requests request
                 where request.car_id = cars.id and kind = 'poll' and is_billed and asked_at >= $2)
            from teslamate.telemetry_cars telemetry
            join public.cars on cars.id = telemetry.car_id
            left join public.car_settings settings on settings.id = cars.settings_id
            cross join lateral (
                select coalesce(sum(records), 0)::bigint as records, coalesce(sum(datums), 0)::bigint as datums,
                    coalesce(sum(rejected), 0)::bigint as rejected
                from teslamate.telemetry_usage usage where usage.car_id = cars.id and day >= $1::date) usage
            order by cars.id
            """);
        command.Parameters.Add(Value.Of(new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero)));
        command.Parameters.Add(Value.Of(new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero)));
        List<StatusOfCar> statuses = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var lastData = reader.GetInstantOrNull(4);
            var seen = reader.IsDBNull(5) ? [] : reader.GetFieldValue<int[]>(5);
            // The account's requests are shared by its cars.
            var (isEnabled, datums, requests) = (reader.GetBoolean(1), reader.GetInt64(7), reader.GetInt64(9) + reader.GetDouble(13));
            var profile = reader.Text(15);
            var isKnownWell = reader.GetInt64(16) >= Enough || reader.GetInt64(17) >= Enough;
            var isPolledInstead = isEnabled && reader.GetInstantOrNull(18) is { } poll && !(lastData - Back > poll);
            statuses.Add(new StatusOfCar
            {
                Car = new CarId(reader.GetInt16(11)),
                Name = reader.GetString(12),
                Vin = reader.IsDBNull(0) ? "" : reader.GetString(0),
                Feed = isEnabled && lastData is not null && !reader.GetBoolean(14) && !isPolledInstead ? "telemetry"
                    : reader.GetBoolean(10) ? "stream" : "polling",
                IsPolledInstead = isPolledInstead,
                PollsToday = reader.GetInt64(19),
                HasContact = now - lastData < Contact,
                LastData = lastData,
                IsSynced = reader.Boolean(2),
                LastError = reader.Text(3),
                FieldsMissing = isKnownWell
                    ? [.. Asked(profile).Where(name => FieldNames.NumberOf(name) is { } field && !seen.Contains(field))] : [],
                Messages = reader.GetInt64(6),
                Rejected = reader.GetInt64(8),
                CostUsdMonth = Math.Round(Budget.PriceUsd(datums, requests), 4),
            });
        }

        return statuses;
    }

    static IEnumerable<string> Asked(string? profile) => TelemetryProfile.Names.Contains(profile)
        ? TelemetryProfile.Fields(profile!).Select(field => field.Key) : Expected;
}

/// <summary>One car that streams.</summary>
sealed record StatusOfCar
{
    public required CarId Car { get; init; }

    public required string Name { get; init; }

    public required string Vin { get; init; }

    /// <summary><c>telemetry</c>, <c>stream</c> or <c>polling</c>.</summary>
    public required string Feed { get; init; }

    /// <summary>It should send its data by itself, has stopped, and is polled instead.</summary>
    public bool IsPolledInstead { get; init; }

    /// <summary>How often it was, today.</summary>
    public long PollsToday { get; init; }

    public bool HasContact { get; init; }

    public DateTimeOffset? LastData { get; init; }

    /// <summary>The car has fetched its configuration; null while nobody asked. A car that sends has.</summary>
    public bool? IsSynced { get; init; }

    public string? LastError { get; init; }

    /// <summary>Fields that are asked for and never came in three drives or charges.</summary>
    public IReadOnlyList<string> FieldsMissing { get; init; } = [];

    /// <summary>Records of this month.</summary>
    public long Messages { get; init; }

    public long Rejected { get; init; }

    public double CostUsdMonth { get; init; }

    public JsonObject ToJson() => new()
    {
        ["vin"] = Vin,
        ["feed"] = Feed,
        ["contact"] = HasContact,
        ["last_data"] = LastData?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["synced"] = IsSynced ?? LastData is not null,
        ["fields_missing"] = new JsonArray([.. FieldsMissing.Select(field => (JsonNode)field)]),
        ["messages"] = Messages,
        ["rejected"] = Rejected,
        ["cost_usd_month"] = CostUsdMonth,
    };

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Vin}: {Feed}{(IsPolledInstead ? $" in place of telemetry ({PollsToday} requests today)" : "")}, "
        + $"{(HasContact ? "in contact" : "no contact")}, "
        + $"last data {(LastData is { } last ? last.ToString("u", CultureInfo.InvariantCulture) : "never")}, "
        + $"{Messages} records and {CostUsdMonth:0.00} USD this month"
        + $"{(FieldsMissing.Count > 0 ? $"; never seen: {string.Join(", ", FieldsMissing)}" : "")}"
        + $"{(LastError is null ? "" : $"; last error: {LastError}")}");
}
