using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Mqtt.Discovery;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>Turns every car's summaries into messages, cars that appear later included.</summary>
sealed class SummaryPublisher(MqttSettings settings, SummaryHub hub, Outbox outbox, DiscoveryPublisher discovery, TimeProvider time, ILogger<SummaryPublisher> logger)
    : BackgroundService
{
    readonly Dictionary<CarId, CarTopics> _cars = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);
        // The newest summaries of a stopping program still count.
        foreach (var summary in hub.All)
            Topics(summary).Publish(summary);
        outbox.Complete();
    }

    async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var summary in hub.WatchAllAsync(stoppingToken))
        {
            Topics(summary).Publish(summary);
            discovery.Describe(summary);
        }
    }

    CarTopics Topics(Summary summary)
    {
        var car = summary.Car.Id;
        if (_cars.TryGetValue(car, out var known))
            return known;
        var topics = new CarTopics($"{settings.Root}/cars/{car.Value}", settings.DefaultGeofence, outbox);
        topics.CleanUp();
        return _cars[car] = topics;
    }
}
