using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Database;
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

    const int LongestError = 300;

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
            catch (Exception exception) when (exception.IsDatabaseFailure())
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
            await _receiver.CutAsync(null, cancellationToken);
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
                {
                    await LookForErrorsAsync(vin, known, configured, cancellationToken);
                    break;
                }

                _told = now;
                await _receiver.CutAsync(null, cancellationToken);
                break;
            case ApiAnswer<CarConfiguration>.Failed(var error):
                _notBefore = now + AfterFailure;
                Log.NotLooked(_logger, _car.Id.Value, error.Message);
                break;
        }
    }

    /// <summary>
    /// A car that has fallen silent may have tried in vain. It is asked about once for each silence: most of them are sleep, and each request counts.
    /// </summary>
    async Task LookForErrorsAsync(string vin, KnownConfiguration known, DateTimeOffset configured, CancellationToken cancellationToken)
    {
        var before = known.LookedAt > configured ? known.LookedAt.Value : configured;
        var isNewSilence = known.LastData is { } last ? last < before && last >= before - Interval : !(known.LookedAt > configured);
        if (known.Host is not { } host || !isNewSilence
            || await _ledger.MayLookAsync(_car.Id, "errors of a silent car", cancellationToken) is not { } entry)
            return;
        var answer = await _api.ErrorsAsync(vin, cancellationToken);
        await _ledger.AnsweredAsync(entry, answer.HttpStatus, cancellationToken);
        if (answer is not ApiAnswer<IReadOnlyList<ConnectionError>>.Ok(var errors))
            return;
        var since = known.LastData ?? configured;
        if (errors.Where(error => error.CreatedAt > since && string.Equals(error.Host, host, StringComparison.OrdinalIgnoreCase))
            .MaxBy(error => error.CreatedAt) is not { } newest)
            return;
        var text = newest.Error.Length > 0 ? $"{newest.Name}: {newest.Error}" : newest.Name;
        text = text.Length > LongestError ? text[..LongestError] : text;
        await _cars.NoteErrorAsync(_car.Id, text, cancellationToken);
        await _receiver.CutAsync(text, cancellationToken);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: Tesla could not be asked for its telemetry configuration: {Reason}")]
        public static partial void NotLooked(ILogger logger, short carId, string reason);
    }
}
