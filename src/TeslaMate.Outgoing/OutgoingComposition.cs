using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using TeslaMate.Configuration.Health;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Deliveries;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing;

public static class OutgoingComposition
{
    /// <summary>
    /// Tells others what happens. Needs the database and the key of the secrets; a channel of another project is one more <see cref="IChannel"/>.
    /// </summary>
    public static IServiceCollection AddOutgoing(this IServiceCollection services, OutgoingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(settings)
            .AddOutgoingDatabase()
            .AddSingleton(new AddressGuard(settings.AllowedNetworks))
            .AddSingleton(provider => new OutgoingHttp(provider.GetRequiredService<AddressGuard>(), provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<IChannel, WebhookChannel>()
            .AddSingleton<TargetTable>()
            .AddSingleton<DeliveryTable>()
            .AddSingleton<DeliverySignal>()
            .AddSingleton<OutgoingCounters>()
            .AddSingleton<TargetTest>()
            .AddSingleton<MessageTexts>()
            .AddSingleton<EventQueue>()
            .AddSingleton<IOutgoingEvents>(provider => provider.GetRequiredService<EventQueue>())
            .AddHostedService(provider => provider.GetRequiredService<EventQueue>())
            .AddHostedService(provider => ActivatorUtilities.CreateInstance<DeliveryWorker>(provider, (Func<double>)Random.Shared.NextDouble))
            .AddHealthPart<OutgoingHealth>("outgoing");
    }
}
