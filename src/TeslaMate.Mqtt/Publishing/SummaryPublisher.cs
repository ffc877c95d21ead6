using Microsoft.Extensions.Hosting;
using TeslaMate.Logbook;
using TeslaMate.Mqtt.Discovery;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>Turns every car's summaries into messages, cars that appear later included.</summary>
sealed class SummaryPublisher(MqttSettings settings, SummaryHub hub, Outbox outbox, DiscoveryPublisher discovery) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var cars = new Dictionary<CarId, CarTopics>();
        try
        {
            await foreach (var summary in hub.WatchAllAsync(stoppingToken))
            {
                Topics(summary).Publish(summary);
                discovery.Describe(summary);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The newest summaries of a stopping program still count.
            foreach (var summary in hub.All)
                Topics(summary).Publish(summary);
        }
        finally
        {
            outbox.Complete();
        }

        CarTopics Topics(Summary summary)
        {
            var car = summary.Car.Id;
            if (cars.TryGetValue(car, out var known))
                return known;
            var topics = new CarTopics($"{settings.Root}/cars/{car.Value}", settings.DefaultGeofence, outbox);
            topics.CleanUp();
            return cars[car] = topics;
        }
    }
}
