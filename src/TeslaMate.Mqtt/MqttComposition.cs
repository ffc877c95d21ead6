using Microsoft.Extensions.DependencyInjection;
using TeslaMate.Configuration.Health;
using TeslaMate.Mqtt.Broker;
using TeslaMate.Mqtt.Discovery;
using TeslaMate.Mqtt.Events;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Outgoing.Channels;

namespace TeslaMate.Mqtt;

public static class MqttComposition
{
    extension(IServiceCollection services)
    {
        /// <summary>Publishes every car's summaries; nothing at all with null settings, which is what <c>DISABLE_MQTT</c> gives.</summary>
        public IServiceCollection AddMqtt(MqttSettings? settings)
        {
            if (settings is null)
                return services;
            services.AddSingleton(settings);
            services.AddSingleton<Outbox>();
            services.AddSingleton<AvailabilityTopic>();
            services.AddSingleton<BrokerSubscriptions>();
            services.AddSingleton<IBroker>(new MqttNetBroker(settings, AvailabilityTopic.WillOf(settings)));
            services.AddSingleton<DiscoveryDocument>();
            services.AddSingleton<LegacyAnnouncements>();
            services.AddSingleton<DiscoveryPublisher>();
            services.AddSingleton<SummaryPublisher>();
            services.AddSingleton<BrokerLink>();
            services.AddSingleton<IChannel, EventTopic>();
            services.AddHealthPart<MqttHealth>("mqtt");
            services.AddHostedService(provider => provider.GetRequiredService<BrokerLink>());
            services.AddHostedService(provider => provider.GetRequiredService<DiscoveryPublisher>());
            services.AddHostedService(provider => provider.GetRequiredService<SummaryPublisher>());
            services.AddHostedService<RemovedCars>();
            return services;
        }
    }
}
