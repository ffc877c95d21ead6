using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Mqtt.Broker;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Discovery;

/// <summary>
/// Announces the cars to Home Assistant when a car's description changes and when Home Assistant has started, and withdraws those that are logged no
/// more (spec mqtt 14).
/// </summary>
sealed partial class DiscoveryPublisher(
    MqttSettings settings, DiscoveryDocument document, LegacyAnnouncements former, Outbox outbox, BrokerSubscriptions subscriptions,
    TimeProvider time,
    ILogger<DiscoveryPublisher> logger) : BackgroundService
{
    // Whoever says without end that Home Assistant has started does not get all announcements without end.
    static readonly TimeSpan BirthInterval = TimeSpan.FromSeconds(3);

    readonly ConcurrentDictionary<CarId, Summary> _newest = new();
    readonly ConcurrentDictionary<CarId, byte> _gone = new();
    readonly Dictionary<CarId, DeviceDescription> _published = [];
    readonly HashSet<CarId> _prepared = [];
    readonly AsyncAutoResetEvent _changed = new();
    volatile bool _announceAll;

    // Home Assistant's own default stays where it is when its discovery gets another prefix.
    readonly HashSet<string> _birthTopics = [$"{MqttSettings.DefaultPrefix}/status", $"{settings.HomeAssistant.Prefix}/status"];

    /// <summary>Takes note of a car as it is now; does not wait.</summary>
    public void Describe(Summary summary)
    {
        _newest[summary.Car.Id] = summary;
        _gone.TryRemove(summary.Car.Id, out _);
        _changed.Set();
    }

    /// <summary>Takes note that a car is logged no more; does not wait.</summary>
    public void Withdraw(CarId car)
    {
        _newest.TryRemove(car, out _);
        _gone[car] = 0;
        _changed.Set();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        subscriptions.Received = Receive;
        subscriptions.Began = _changed.Set;
        if (settings.HomeAssistant.Discovery)
        {
            foreach (var topic in _birthTopics)
                subscriptions.Keep(topic);
        }

        while (true)
        {
            await _changed.WaitAsync(stoppingToken);
            if (subscriptions.Connection is null)
                continue;
            await PrepareAsync([.. _newest.Keys.Where(car => !_prepared.Contains(car))], stoppingToken);
            var wasBorn = settings.HomeAssistant.Discovery && Announce();
            await WithdrawAsync([.. _gone.Keys], stoppingToken);
            if (wasBorn)
                await Task.Delay(BirthInterval, time, stoppingToken);
        }
    }

    /// <returns>Whether all cars were announced, because Home Assistant has started.</returns>
    bool Announce()
    {
        var all = _announceAll;
        _announceAll = false;
        foreach (var (car, summary) in _newest)
        {
            // Of a car that has said nothing yet the broker may know more, such as its roof.
            if (summary.State == VehicleStateName.Unavailable && former.IsAnnounced(car))
                continue;
            var device = DeviceDescription.Of(summary);
            if (!_prepared.Contains(car) || (!all && _published.TryGetValue(car, out var before) && before == device))
                continue;
            _published[car] = device;
            outbox.Put(document.Topic(car), document.Render(car, device), retain: true);
        }

        return all;
    }

    /// <summary>Moves what older versions announced of these cars to the device, or clears it where discovery is off.</summary>
    async Task PrepareAsync(IReadOnlyCollection<CarId> unprepared, CancellationToken cancellationToken)
    {
        if (unprepared.Count == 0 || !await former.FindRetainedAsync(unprepared, cancellationToken))
            return;
        foreach (var car in unprepared)
        {
            if (!_newest.TryGetValue(car, out var summary))
                continue;
            var done = settings.HomeAssistant.Discovery
                ? await former.MigrateAsync(car, DeviceDescription.Of(summary), cancellationToken)
                : await former.ClearAsync(car, cancellationToken);
            if (done)
                _prepared.Add(car);
            else
                Log.Unfinished(logger, car.Value);
        }
    }

    async Task WithdrawAsync(IReadOnlyCollection<CarId> gone, CancellationToken cancellationToken)
    {
        if (gone.Count == 0 || !await former.FindRetainedAsync(gone, cancellationToken))
            return;
        foreach (var car in gone)
        {
            _published.Remove(car);
            // One that has returned meanwhile is announced again by its next summary.
            if (await former.ClearAsync(car, cancellationToken))
                _gone.TryRemove(car, out _);
        }
    }

    void Receive(BrokerEvent.Received message)
    {
        if (!_birthTopics.Contains(message.Topic))
        {
            former.Receive(message);
            return;
        }

        // A retained birth message is old news: the announcements are retained as well.
        if (message.Retained || !message.Payload.AsSpan().SequenceEqual("online"u8))
            return;
        _announceAll = true;
        _changed.Set();
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: Home Assistant discovery was interrupted; it is tried again with the "
            + "car's next values")]
        public static partial void Unfinished(ILogger logger, short carId);
    }
}
