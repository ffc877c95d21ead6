using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Mqtt.Discovery;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>Turns every car's summaries into messages, cars that appear later included.</summary>
sealed class SummaryPublisher(MqttSettings settings, SummaryHub hub, Outbox outbox, DiscoveryPublisher discovery, TimeProvider time,
    ILogger<SummaryPublisher> logger)
    : BackgroundService
{
    readonly Lock _lock = new();

    // Null for a forgotten car.
    readonly Dictionary<CarId, CarTopics?> _cars = [];

    // Cars that somebody else publishes now, or nobody; should one of them be deleted, what it published is still to be cleared.
    readonly Dictionary<CarId, CarTopics> _released = [];

    /// <summary>The cars that had a summary in this run.</summary>
    public IReadOnlyCollection<CarId> Cars
    {
        get
        {
            lock (_lock)
                return [.. _cars.Keys, .. _released.Keys];
        }
    }

    /// <summary>Clears what was published of a car, and publishes no more of it.</summary>
    public void Clear(CarId car)
    {
        lock (_lock)
        {
            (_cars.GetValueOrDefault(car) ?? _released.GetValueOrDefault(car))?.Clear();
            _released.Remove(car);
            _cars[car] = null;
        }
    }

    /// <summary>Publishes a forgotten car again, from its next summary on; nothing for any other car.</summary>
    public void Resume(CarId car)
    {
        lock (_lock)
            if (_cars.GetValueOrDefault(car) is null)
                _cars.Remove(car);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.WhenAll(
            Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken),
            Job.KeepRunningAsync(FollowRemovalsAsync, time, logger, stoppingToken));
        // The newest summaries of a stopping program still count.
        foreach (var summary in hub.All)
            Publish(summary);
        outbox.Complete();
    }

    async Task RunAsync(CancellationToken stoppingToken)
    {
        await foreach (var summary in hub.WatchAllAsync(stoppingToken))
            Publish(summary);
    }

    async Task FollowRemovalsAsync(CancellationToken stoppingToken)
    {
        await foreach (var car in hub.WatchRemovedAsync(stoppingToken))
            Release(car);
    }

    // A car that is taken over by another instance, or switched off: its values stay as they are.
    void Release(CarId car)
    {
        lock (_lock)
        {
            if (_cars.GetValueOrDefault(car) is not { } topics)
                return;
            _cars.Remove(car);
            _released[car] = topics;
            outbox.Release($"{Topic(car)}/");
        }
    }

    string Topic(CarId car) => $"{settings.Root}/cars/{car.Value}";

    void Publish(Summary summary)
    {
        var car = summary.Car.Id;
        lock (_lock)
        {
            if (!_cars.TryGetValue(car, out var topics))
            {
                _released.Remove(car);
                _cars[car] = topics = new CarTopics(Topic(car), settings.DefaultGeofence, outbox);
                topics.CleanUp();
            }

            if (topics is null)
                return;
            topics.Publish(summary);
            discovery.Describe(summary);
        }
    }
}
