using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry.Cost;

/// <summary>Every request to Tesla for a streaming car, and the budget that is asked before it is sent (spec fleet-telemetry 4.9).</summary>
sealed partial class Ledger(NpgsqlDataSource database, TelemetrySettings settings, TimeProvider time, ILogger<Ledger> logger)
{
    readonly ConcurrentDictionary<CarId, DateOnly> _warned = new();
    readonly ConcurrentDictionary<CarId, DateOnly> _spent = new();

    /// <summary>Writes a request down if the budget allows it; nothing is sent otherwise.</summary>
    /// <returns>Its number in the ledger; null when it must not be sent.</returns>
    public ValueTask<long?> MaySendAsync(CarId car, TelemetryRequest request, string reason, CancellationToken cancellationToken) =>
        MaySendAsync(
            car,
            request switch
            {
                TelemetryRequest.Vehicle => "light",
                TelemetryRequest.VehicleData => "full",
                _ => Poll,
            },
            reason,
            cancellationToken);

    /// <summary>The same for a look at the car's configuration; those of the owner count and are not refused.</summary>
    /// <returns>Its number in the ledger; null when it must not be sent.</returns>
    public ValueTask<long?> MayLookAsync(CarId car, string reason, CancellationToken cancellationToken) =>
        MaySendAsync(car, "configuration", reason, cancellationToken);

    // Counted apart: a day of polling must not use up what the car needs when it sends again.
    const string Poll = "poll";

    async ValueTask<long?> MaySendAsync(CarId car, string kind, string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        try
        {
            // One statement, so that two requests at once cannot both take the last place.
            await using var command = database.CreateCommand("""
                with asked as (
                    select
                        count(*) filter (where asked_at >= $2 and kind <> 'poll') as today,
                        count(*) filter (where asked_at >= $3 and kind <> 'poll') as this_month,
                        count(*) filter (where asked_at >= $2 and kind = 'light') as light_today,
                        count(*) filter (where asked_at >= $2 and kind = 'configuration') as looks_today,
                        count(*) filter (where asked_at >= $2 and kind = 'poll') as polls_today,
                        count(*) filter (where asked_at >= $4 and kind = 'full' and status < 400) as full_this_week
                    from teslamate.telemetry_requests
                    where car_id = $1 and coalesce(status, 200) between 1 and 499 and asked_at >= least($3, $4)),
                allowed as (
                    select from asked
                    where case $5
                            when 'poll' then not $12 or polls_today < $13
                            else not $12 or today < $6 and this_month < $7
                        end
                        and ($5 <> 'light' or light_today < $8)
                        and ($5 <> 'configuration' or looks_today < $11)
                        and ($5 <> 'full' or $9 = 'new version' or full_this_week < 1)),
                inserted as (
                    insert into teslamate.telemetry_requests (asked_at, car_id, kind, reason, is_billed)
                    select $10, $1, $5, $9, $12 from allowed
                    returning id)
                select (select id from inserted), (select this_month from asked), (select polls_today from asked)
                """);
            command.Parameters.Add(Value.Of(car.Value));
            command.Parameters.Add(Value.Of(new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero)));
            command.Parameters.Add(Value.Of(new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero)));
            command.Parameters.Add(Value.Of(now - TimeSpan.FromDays(7)));
            command.Parameters.Add(Value.Of(kind));
            command.Parameters.Add(Value.Of((long)settings.MostRequestsADay));
            command.Parameters.Add(Value.Of((long)settings.MostRequestsAMonth));
            command.Parameters.Add(Value.Of((long)Budget.MostLightADay));
            command.Parameters.Add(Value.Of(reason));
            command.Parameters.Add(Value.Of(now));
            command.Parameters.Add(Value.Of((long)Budget.MostLooksADay));
            command.Parameters.Add(Value.Of(settings.IsPriced));
            command.Parameters.Add(Value.Of((long)Budget.MostPollsADay));
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            var entry = reader.IsDBNull(0) ? (long?)null : reader.GetInt64(0);
            if (kind != Poll)
                Warn(car, reader.GetInt64(1) + 1, now);
            else if (entry is null)
                WarnOfCeiling(car, reader.GetInt64(2), now);
            return entry;
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            // What cannot be written down is not sent.
            Log.Unwritten(logger, car.Value, exception.Message);
            return null;
        }
    }

    /// <summary>Adds how a request ended; answers below 500 are billed.</summary>
    public async ValueTask AnsweredAsync(long request, int status, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            update teslamate.telemetry_requests set status = $2, is_billed = is_billed and $2 between 1 and 499 where id = $1
            """);
        command.Parameters.Add(Value.Of(request));
        command.Parameters.Add(Value.Of((short)Math.Clamp(status, 0, short.MaxValue)));
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            // It stays in the ledger as billed.
            Log.Unfinished(logger, request, exception.Message);
        }
    }

    /// <summary>
    /// Writes down a request for the whole account; it is sent whatever the budget is, and without a car that streams there is no ledger to keep.
    /// </summary>
    /// <returns>Its number in the ledger; null when it is not in there.</returns>
    public async ValueTask<long?> AskingAsync(AccountRequest request, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = database.CreateCommand("""
                insert into teslamate.telemetry_requests (asked_at, kind, reason, is_billed)
                select $1, $2, $3, $4
                where exists (select from teslamate.telemetry_cars where is_enabled)
                returning id
                """);
            command.Parameters.Add(Value.Of(time.GetUtcNow()));
            command.Parameters.Add(Value.Of(request == AccountRequest.List ? "list" : "full"));
            command.Parameters.Add(Value.Of(reason));
            command.Parameters.Add(Value.Of(settings.IsPriced));
            return (long?)await command.ExecuteScalarAsync(cancellationToken);
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            Log.ListUnwritten(logger, exception.Message);
            return null;
        }
    }

    /// <summary>Writes a request of the owner's down; those are counted and not refused.</summary>
    /// <returns>Its number in the ledger.</returns>
    public async Task<long> WriteDownAsync(CarId car, string kind, string reason, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("insert into teslamate.telemetry_requests (asked_at, car_id, kind, reason, is_billed) "
            + "values ($1, $2, $3, $4, $5) returning id");
        command.Parameters.Add(Value.Of(time.GetUtcNow()));
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(kind));
        command.Parameters.Add(Value.Of(reason));
        command.Parameters.Add(Value.Of(settings.IsPriced));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The month's figures of all cars that stream.</summary>
    public Task<IReadOnlyList<MonthOfCar>> MonthAsync(DateTimeOffset now, CancellationToken cancellationToken)
        => MonthAsync(database, now, cancellationToken);

    /// <inheritdoc cref="MonthAsync(DateTimeOffset, CancellationToken)"/>
    public static async Task<IReadOnlyList<MonthOfCar>> MonthAsync(NpgsqlDataSource database, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        await using var command = database.CreateCommand("""
            select
                telemetry.car_id,
                coalesce((select sum(datums) from teslamate.telemetry_usage usage where usage.car_id = telemetry.car_id and day >= $1::date),
                    0)::bigint,
                coalesce((select sum(records) from teslamate.telemetry_usage usage where usage.car_id = telemetry.car_id and day >= $1::date),
                    0)::bigint,
                coalesce((select sum(rejected) from teslamate.telemetry_usage usage where usage.car_id = telemetry.car_id and day >= $1::date),
                    0)::bigint,
                (select count(*) from teslamate.telemetry_requests request
                 where request.car_id = telemetry.car_id and is_billed and coalesce(status, 200) < 500 and asked_at >= $1),
                (select count(*) from teslamate.telemetry_requests request
                 where request.car_id is null and is_billed and coalesce(status, 200) < 500 and asked_at >= $1)::double precision
                    / count(*) over (),
                (select min(day) from teslamate.telemetry_usage usage where usage.car_id = telemetry.car_id and day >= $1::date)::timestamp
            from teslamate.telemetry_cars telemetry
            order by telemetry.car_id
            """);
        command.Parameters.Add(Value.Of(month));
        List<MonthOfCar> months = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (datums, requests) = (reader.GetInt64(1), reader.GetInt64(4));
            var price = Budget.PriceUsd(datums, requests + reader.GetDouble(5));
            var since = reader.GetInstantOrNull(6) ?? month;
            months.Add(new MonthOfCar(
                new CarId(reader.GetInt16(0)), datums, reader.GetInt64(2), reader.GetInt64(3), requests, price,
                Budget.Forecast(price, since, now)));
        }

        return months;
    }

    void WarnOfCeiling(CarId car, long polls, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (_spent.TryGetValue(car, out var told) && told == today)
            return;
        _spent[car] = today;
        Log.Spent(logger, car.Value, polls);
    }

    void Warn(CarId car, long month, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (!settings.IsPriced || month * 10 < settings.MostRequestsAMonth * 8 || (_warned.TryGetValue(car, out var told) && told == today))
            return;
        _warned[car] = today;
        Log.Nearly(logger, car.Value, month, settings.MostRequestsAMonth);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "How request {Request} to Tesla ended is not written down: {Reason}")]
        public static partial void Unfinished(ILogger logger, long request, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "That the account is asked is not written down: {Reason}")]
        public static partial void ListUnwritten(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: {Requests} of the {Budget} requests of this month are used up; data that "
            + "the car sends by itself are not affected")]
        public static partial void Nearly(ILogger logger, short carId, long requests, long budget);

        [LoggerMessage(Level = LogLevel.Error, Message = "Car {CarId} sends nothing by itself and was polled {Requests} times today, which is the "
            + "most that is paid for; it is not logged until midnight (UTC). Mend the connection: teslamate telemetry check")]
        public static partial void Spent(ILogger logger, short carId, long requests);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: Tesla is not asked, because the request cannot be written down: {Reason}")]
        public static partial void Unwritten(ILogger logger, short carId, string reason);
    }
}

/// <summary>One car's month so far.</summary>
/// <param name="Requests">Billed requests for this car alone.</param>
/// <param name="PriceUsd">By Tesla's list, before the free credit, with the car's share of the account's requests.</param>
/// <param name="ForecastUsd">If the month goes on like this.</param>
sealed record MonthOfCar(CarId Car, long Datums, long Records, long Rejected, long Requests, double PriceUsd, double ForecastUsd);

/// <summary>Prices and limits (spec fleet-telemetry 2.4, 4.9).</summary>
static class Budget
{
    public const int MostLightADay = 6;
    public const int MostLooksADay = 2;

    /// <summary>Of a car that should send its data by itself and is polled instead.</summary>
    public const int MostPollsADay = 100;

    const double DatumsPerUsd = 150_000;
    const double RequestsPerUsd = 500;

    /// <param name="requests">With shares of the account's, so not always whole.</param>
    public static double PriceUsd(long datums, double requests) => (datums / DatumsPerUsd) + (requests / RequestsPerUsd);

    /// <summary>What the whole month will cost if it goes on as since a day of it.</summary>
    public static double Forecast(double price, DateTimeOffset since, DateTimeOffset now)
    {
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        var passed = Math.Max((now - since).TotalDays, 1);
        return price + (price / passed * Math.Max((month.AddMonths(1) - now).TotalDays, 0));
    }
}
