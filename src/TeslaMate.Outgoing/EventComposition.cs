using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Outgoing.Abrp;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Messages;
using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing;

public static class EventComposition
{
    /// <summary>
    /// Registers what makes events of cars and program, the channels by which people read them, and live data for A Better Route Planner. Needs
    /// <c>AddOutgoing</c>, and somebody who has the rows (<see cref="IEventRows"/>).
    /// </summary>
    public static IServiceCollection AddEvents(this IServiceCollection services, OutgoingSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var abrp = settings.Abrp;
        services.AddSingleton(settings.Events).AddSingleton(abrp).AddSingleton<Deliveries.DirectDelivery>();
        services.AddSingleton(provider => new EventMemories(
            provider.GetRequiredKeyedService<Npgsql.NpgsqlDataSource>(OutgoingDatabase.Key), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CarMemories>();
        services.AddHostedService<CarEventWatch>().AddHostedService<LogbookEventWatch>().AddHostedService<ProgramEventWatch>();

        services.AddSingleton<MessageWriter>();
        services.AddSingleton<IChannel, NtfyChannel>().AddSingleton<IChannel, GotifyChannel>();
        services.AddSingleton<IChannel>(provider => new TelegramChannel(
            provider.GetRequiredService<OutgoingHttp>(), provider.GetRequiredService<MessageWriter>(), TelegramChannel.Server));
        services.AddSingleton<IChannel>(provider => new EmailChannel(
            provider.GetRequiredService<MessageWriter>(), provider.GetRequiredService<AddressGuard>(), provider.GetRequiredService<TimeProvider>()));

        services.AddSingleton<BatteryFacts>();
        services.AddSingleton(provider => new AbrpClient(provider.GetRequiredService<OutgoingHttp>(), abrp.Address));
        services.AddSingleton<AbrpChannel>().AddSingleton<IChannel>(provider => provider.GetRequiredService<AbrpChannel>());
        services.AddHostedService(provider => new AbrpPublisher(
            provider.GetRequiredService<SummaryHub>(), provider.GetRequiredService<AbrpChannel>(), provider.GetRequiredService<Targets.TargetTable>(),
            provider.GetRequiredService<IOutgoingEvents>(), provider.GetRequiredService<TimeProvider>(), Random.Shared.NextDouble,
            provider.GetRequiredService<Microsoft.Extensions.Logging.ILogger<AbrpPublisher>>()));
        return services;
    }
}
