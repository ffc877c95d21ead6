using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Endpoint;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry;

public static class TelemetryComposition
{
    /// <summary>Takes in what cars send by themselves. Needs the database and the logbook.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, TelemetrySettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(settings)
            .AddSingleton<InboxSignal>()
            .AddSingleton<InboxTable>()
            .AddSingleton<InboxWriter>()
            .AddHostedService(provider => provider.GetRequiredService<InboxWriter>())
            .AddSingleton<ValueTable>()
            .AddSingleton<TelemetryCars>()
            .AddHostedService(provider => provider.GetRequiredService<TelemetryCars>())
            .AddSingleton<Ledger>()
            .AddSingleton<EndpointCounters>()
            .AddSingleton<CarEndpoint>()
            .AddHostedService(provider => provider.GetRequiredService<CarEndpoint>())
            .AddSingleton<ITelemetryFeeds, TelemetryFeeds>();
    }
}
