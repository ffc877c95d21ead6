using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TeslaMate.Configuration.Health;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Cost;
using TeslaMate.Telemetry.Endpoint;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Intakes;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry;

public static class TelemetryComposition
{
    /// <summary>Takes in what cars send by themselves. Needs the database and the logbook.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, TelemetrySettings settings)
    {
        services.TryAddSingleton(TimeProvider.System);
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(settings);
        // The clients of brokers are loaded only where one is named.
        if (settings.ZeroMq.Count > 0)
            services.AddHostedService<ZeroMqIntake>();
        if (settings.Mqtt is not null)
            services.AddHostedService<MqttIntake>();
        if (settings.Kafka is not null)
            services.AddHostedService<KafkaIntake>();
        return services
            .AddSingleton(settings)
            .AddSingleton<RecordIntake>()
            .AddSingleton<InboxSignal>()
            .AddSingleton<InboxTable>()
            .AddSingleton<InboxWriter>()
            .AddHostedService(provider => provider.GetRequiredService<InboxWriter>())
            .AddHostedService<InboxListener>()
            .AddSingleton<ValueTable>()
            .AddSingleton<TelemetryCars>()
            .AddHostedService(provider => provider.GetRequiredService<TelemetryCars>())
            .AddSingleton<Ledger>()
            .AddSingleton<EndpointCounters>()
            .AddSingleton<CarEndpoint>()
            .AddHostedService(provider => provider.GetRequiredService<CarEndpoint>())
            .AddSingleton<ITelemetryReport, DatabaseReport>()
            .AddSingleton<ITelemetryFeeds, TelemetryFeeds>()
            .AddHealthPart<TelemetryHealth>("telemetry", isPersonal: true);
    }
}
