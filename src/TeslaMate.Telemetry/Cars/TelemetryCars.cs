using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Inbox;

namespace TeslaMate.Telemetry.Cars;

/// <summary>
/// The cars whose data are taken in: those that are told to stream here. Kept in memory and read again every few seconds, so that neither a car nor a
/// flood of strangers asks the database.
/// </summary>
sealed partial class TelemetryCars(NpgsqlDataSource database, InboxTable inbox, TelemetrySettings settings, TimeProvider time,
    ILogger<TelemetryCars> logger) : BackgroundService
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(30);

    // Until the first reading everybody waits.
    static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);

    static readonly TimeSpan Keep = TimeSpan.FromDays(7);
    static readonly TimeSpan CleanInterval = TimeSpan.FromHours(1);

    static readonly TimeSpan MonthInterval = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether the row <c>telemetry</c> is of a car that had a day to fetch its configuration, has not, and has sent nothing since Tesla said so.
    /// </summary>
    internal const string IsCutSql = """
        coalesce(
            telemetry.is_synced is false and telemetry.looked_at >= telemetry.configured_at + interval '1 day'
            and not exists (
                select from teslamate.telemetry_inbox sent
                where sent.car_id = telemetry.car_id and sent.type <= 1 and sent.received_at > telemetry.looked_at), false)
        """;

    readonly ConcurrentDictionary<string, CarId> _byVin = new(StringComparer.Ordinal);
    readonly TaskCompletionSource _firstRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile HashSet<CarId> _enabled = [];

    /// <summary>
    /// The car of a VIN; null when it is not ours or not told to stream. Waits for the first reading after the start, so that nobody is taken for a
    /// stranger before it is known who is not.
    /// </summary>
    public ValueTask<CarId?> FindAsync(string vin, CancellationToken cancellationToken)
    {
        return _firstRead.Task.IsCompleted ? new(Find()) : new(WaitAsync());

        CarId? Find() => _byVin.TryGetValue(vin, out var car) ? car : null;

        async Task<CarId?> WaitAsync()
        {
            await _firstRead.Task.WaitAsync(cancellationToken);
            return Find();
        }
    }

    /// <summary>Whether a car is told to stream here; waits for the first reading after the start.</summary>
    public async ValueTask<bool> IsEnabledAsync(CarId car, CancellationToken cancellationToken)
    {
        await _firstRead.Task.WaitAsync(cancellationToken);
        return _enabled.Contains(car);
    }

    public int Count => _byVin.Count;

    /// <summary>Each car's month so far, not older than some minutes.</summary>
    public IReadOnlyList<MonthOfCar> Months { get; private set; } = [];

    /// <summary>Reads them now.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            select cars.id, cars.vin
            from public.cars
            join teslamate.telemetry_cars telemetry on telemetry.car_id = cars.id
            where telemetry.is_enabled and cars.vin is not null
            """);
        Dictionary<string, CarId> found = new(StringComparer.Ordinal);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                found[reader.GetString(1)] = new CarId(reader.GetInt16(0));
        }

        foreach (var (vin, car) in found)
            _byVin[vin] = car;
        foreach (var gone in _byVin.Keys.Except(found.Keys).ToList())
            _byVin.TryRemove(gone, out _);
        _enabled = [.. found.Values];
        _firstRead.TrySetResult();
    }

    /// <summary>Lets a car's data in, or not any more.</summary>
    public async Task EnableAsync(CarId car, bool isEnabled, string? profile, string? host, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("""
            insert into teslamate.telemetry_cars as telemetry (car_id, is_enabled, profile, host, configured_at) values ($1, $2, $3, $4, $5)
            on conflict (car_id) do update set
                is_enabled = excluded.is_enabled, profile = coalesce(excluded.profile, telemetry.profile),
                host = coalesce(excluded.host, telemetry.host), configured_at = excluded.configured_at, is_synced = null
            """);
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(isEnabled));
        command.Parameters.Add(Value.Of(profile));
        command.Parameters.Add(Value.Of(host));
        command.Parameters.Add(Value.Of(at));
        await command.ExecuteNonQueryAsync(cancellationToken);
        await ReadAsync(cancellationToken);
    }

    /// <summary>Keeps what Tesla says about a car's configuration.</summary>
    public async Task NoteSyncedAsync(CarId car, bool isSynced, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update teslamate.telemetry_cars set is_synced = $2, looked_at = $3 where car_id = $1");
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(isSynced));
        command.Parameters.Add(Value.Of(at));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What is known about a car's configuration; null for one that is not told to stream.</summary>
    public async Task<KnownConfiguration?> ConfigurationAsync(CarId car, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"""
            select
                configured_at, looked_at, {IsCutSql}, host,
                (select max(received_at) from teslamate.telemetry_inbox inbox where inbox.car_id = telemetry.car_id and inbox.type <= 1)
            from teslamate.telemetry_cars telemetry
            where car_id = $1 and is_enabled
            """);
        command.Parameters.Add(Value.Of(car.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new KnownConfiguration(reader.GetInstantOrNull(0), reader.GetInstantOrNull(1), reader.GetBoolean(2))
            {
                Host = reader.Text(3),
                LastData = reader.GetInstantOrNull(4),
            }
            : null;
    }

    /// <summary>Keeps what a car reports of its attempts to reach us; the newest is shown.</summary>
    public async Task NoteErrorAsync(CarId car, string error, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("update teslamate.telemetry_cars set last_error = $2 where car_id = $1");
        command.Parameters.Add(Value.Of(car.Value));
        command.Parameters.Add(Value.Of(error));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken cancellationToken)
    {
        var (cleanAt, monthAt) = (time.GetUtcNow(), time.GetUtcNow());
        using var timer = new PeriodicTimer(FirstLook, time);
        do
        {
            try
            {
                await ReadAsync(cancellationToken);
                timer.Period = Look;
                if (time.GetUtcNow() is var now && now >= cleanAt)
                {
                    await inbox.DeleteOldAsync(now - Keep, now - settings.KeepValues, cancellationToken);
                    cleanAt = now + CleanInterval;
                }

                if (time.GetUtcNow() is var current && current >= monthAt)
                {
                    Months = _byVin.IsEmpty ? [] : await Ledger.MonthAsync(database, current, cancellationToken);
                    monthAt = current + MonthInterval;
                }
            }
            catch (Exception exception) when (exception.IsDatabaseFailure())
            {
                // Whom we know stays known while the database is away.
                Log.NotRead(logger, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The cars that stream could not be read: {Reason}")]
        public static partial void NotRead(ILogger logger, string reason);
    }
}

/// <summary>What is known about a car's configuration.</summary>
/// <param name="ConfiguredAt">When this program gave it to Tesla; null when it did not.</param>
/// <param name="LookedAt">When Tesla was last asked for it; null when never.</param>
/// <param name="IsCut">Tesla said that the car has not fetched it, or has none, and nothing was heard of the car since.</param>
sealed record KnownConfiguration(DateTimeOffset? ConfiguredAt, DateTimeOffset? LookedAt, bool IsCut)
{
    /// <summary>The name that the car was told to send to; null when this program did not tell it.</summary>
    public string? Host { get; init; }

    /// <summary>When the car last sent data or alerts; null when it has not within the week that records are kept.</summary>
    public DateTimeOffset? LastData { get; init; }
}
