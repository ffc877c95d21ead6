using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Configuring;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Tesla.Fleet;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry;

/// <summary>The feeds of the cars that stream.</summary>
/// <param name="api">Where Tesla is asked for a car's configuration; null where nobody is.</param>
sealed class TelemetryFeeds(
    TelemetryCars cars, InboxTable inbox, InboxSignal signal, ValueTable values, Ledger ledger, TimeProvider time, ILogger<TelemetryFeeds> logger,
    FleetTelemetryApi? api = null)
        : ITelemetryFeeds
{
    public ValueTask<bool> IsConfiguredAsync(Car car, CancellationToken cancellationToken) => cars.IsEnabledAsync(car.Id, cancellationToken);

    public IAsyncDisposable Open(Car car, ITelemetryReceiver receiver) => new OpenFeed(
        new CarFeed(car, receiver, inbox, signal, values, time, logger),
        api is null ? null : new DailyLook(car, receiver, cars, ledger, api, time, logger).Start());

    public ValueTask<long?> MaySendAsync(CarId car, TelemetryRequest request, string reason, CancellationToken cancellationToken) =>
        ledger.MaySendAsync(car, request, reason, cancellationToken);

    public ValueTask<long?> AskingAsync(AccountRequest request, string reason, CancellationToken cancellationToken)
        => ledger.AskingAsync(request, reason, cancellationToken);

    public ValueTask AnsweredAsync(long request, int status, CancellationToken cancellationToken)
        => ledger.AnsweredAsync(request, status, cancellationToken);

    /// <summary>What runs for a car as long as it is logged.</summary>
    sealed class OpenFeed(CarFeed feed, DailyLook? look) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            if (look is not null)
                await look.DisposeAsync();
            await feed.DisposeAsync();
        }
    }
}
