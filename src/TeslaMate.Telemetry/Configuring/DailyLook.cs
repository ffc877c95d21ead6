using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Logbook.Cars;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Fleet;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry.Configuring;

/// <summary>
/// Asks Tesla once a day whether a car has fetched its configuration (spec fleet-telemetry 4.9): one that has not, or has none any more, is polled
/// until it sends again (spec fleet-telemetry 4.10). Only the instance that logs the car looks.
/// </summary>
sealed partial class DailyLook : IAsyncDisposable
{
    static readonly TimeSpan Tick = TimeSpan.FromHours(1);
    static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    // Two looks a day at most, whatever Tesla answers.
    static readonly TimeSpan AfterFailure = TimeSpan.FromHours(12);

    readonly CancellationTokenSource _stop = new();
    readonly Car _car;
    readonly ITelemetryReceiver _receiver;
    readonly TelemetryCars _cars;
    readonly Ledger _ledger;
    readonly FleetTelemetryApi _api;
    readonly TimeProvider _time;
    readonly ILogger _logger;
    Task _run = Task.CompletedTask;
    DateTimeOffset? _notBefore;
    DateTimeOffset? _told;

    public DailyLook(Car car, ITelemetryReceiver receiver, TelemetryCars cars, Ledger ledger, FleetTelemetryApi api, TimeProvider time,
        ILogger logger)
    {
        (_car, _receiver, _cars, _ledger, _api, _time, _logger) = (car, receiver, cars, ledger, api, time, logger);
    }

    /// <summary>Looks from now on. Call once.</summary>
    public DailyLook Start()
    {
        _run = Job.KeepRunningAsync(RunAsync, _time, _logger, _stop.Token);
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, _time);
        do
        {
            try
            {
                await LookAsync(cancellationToken);
            }
            catch (NpgsqlException exception)
            {
                // In an hour again.
                Log.NotLooked(_logger, _car.Id.Value, exception.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <summary>Looks if that is due.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        // A car that others have configured is theirs to look after.
        if (_car.Vin is not { } vin || await _cars.ConfigurationAsync(_car.Id, cancellationToken) is not { ConfiguredAt: { } configured } known)
            return;
        if (known is { IsCut: true, LookedAt: { } cut } && _told != cut)
        {
            _told = cut;
            await _receiver.UnsyncedAsync(cancellationToken);
        }

        // It has a day to fetch a new one.
        var last = known.LookedAt > configured ? known.LookedAt.Value : configured;
        if (now - last < Interval || now < _notBefore || !_api.IsAvailable
            || await _ledger.MayLookAsync(_car.Id, "daily look", cancellationToken) is not { } entry)
            return;
        var answer = await _api.ReadAsync(vin, cancellationToken);
        await _ledger.AnsweredAsync(entry, answer.HttpStatus, cancellationToken);
        switch (answer)
        {
            case ApiAnswer<CarConfiguration>.Ok(var configuration):
                await _cars.NoteSyncedAsync(_car.Id, configuration is { IsSynced: true, IsThere: true }, now, cancellationToken);
                if (configuration is { IsSynced: true, IsThere: true })
                    break;
                _told = now;
                await _receiver.UnsyncedAsync(cancellationToken);
                break;
            case ApiAnswer<CarConfiguration>.Failed(var error):
                _notBefore = now + AfterFailure;
                Log.NotLooked(_logger, _car.Id.Value, error.Message);
                break;
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Tesla could not be asked for its telemetry configuration: {Reason}")]
        public static partial void NotLooked(ILogger logger, short carId, string reason);
    }
}
