using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry;

/// <summary>The feeds of the cars that stream.</summary>
sealed class TelemetryFeeds(
    TelemetryCars cars, InboxTable inbox, InboxSignal signal, ValueTable values, Ledger ledger, TimeProvider time, ILogger<TelemetryFeeds> logger)
        : ITelemetryFeeds
{
    public ValueTask<bool> IsConfiguredAsync(Car car, CancellationToken cancellationToken) => cars.IsEnabledAsync(car.Id, cancellationToken);

    public IAsyncDisposable Open(Car car, ITelemetryReceiver receiver) => new CarFeed(car, receiver, inbox, signal, values, time, logger);

    public ValueTask<long?> MaySendAsync(CarId car, TelemetryRequest request, string reason, CancellationToken cancellationToken) =>
        ledger.MaySendAsync(car, request, reason, cancellationToken);

    public ValueTask<long?> ListingAsync(string reason, CancellationToken cancellationToken) => ledger.ListingAsync(reason, cancellationToken);

    public ValueTask AnsweredAsync(long request, int status, CancellationToken cancellationToken)
        => ledger.AnsweredAsync(request, status, cancellationToken);
}
