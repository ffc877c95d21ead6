using System.Collections.Concurrent;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Mqtt.Broker;
using TeslaMate.Mqtt.Publishing;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Discovery;

/// <summary>
/// Announces the cars to Home Assistant: when a car's description changes and when Home Assistant has started. Old announcements are looked for at the
/// broker, so that they are moved or cleared once, not at every start (MQTT chapter 14).
/// </summary>
sealed partial class DiscoveryPublisher(
    MqttSettings settings, Outbox outbox, BrokerSubscriptions subscriptions, ICars cars, TimeProvider time, ILogger<DiscoveryPublisher> logger) : BackgroundService
{
    // A broker sends what it has retained right after the subscription; Home Assistant needs about as long to follow each step of a migration.
    static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    // Cars of the account have shown themselves by then.
    static readonly TimeSpan BeforeRemovedCars = TimeSpan.FromMinutes(1);

    static readonly byte[] Marker = Encoding.UTF8.GetBytes("""{"migrate_discovery":true}""");

    readonly DiscoveryDocument _document = new(settings);
    readonly ConcurrentDictionary<CarId, Summary> _newest = new();
    readonly ConcurrentDictionary<string, byte> _retained = new();
    readonly Dictionary<CarId, DeviceDescription> _published = [];
    readonly HashSet<CarId> _prepared = [];
    readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    volatile bool _announceAll;
    bool _removedCarsCleared;

    string BirthTopic => $"{settings.HomeAssistant.Prefix}/status";

    /// <summary>Takes note of a car as it is now; does not wait.</summary>
    public void Describe(Summary summary)
    {
        _newest[summary.Car.Id] = summary;
        _changes.Writer.TryWrite(true);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        var started = time.GetTimestamp();
        subscriptions.Received = Receive;
        subscriptions.Began = () => _changes.Writer.TryWrite(true);
        if (settings.HomeAssistant.Discovery)
            subscriptions.Keep(BirthTopic);
        await foreach (var _ in _changes.Reader.ReadAllAsync(stoppingToken))
        {
            if (subscriptions.Connection is null)
                continue;
            await PrepareAsync([.. _newest.Keys.Where(car => !_prepared.Contains(car))], stoppingToken);
            if (settings.HomeAssistant.Discovery)
                Announce();
            if (!_removedCarsCleared && time.GetElapsedTime(started) > BeforeRemovedCars)
                await ClearRemovedCarsAsync(stoppingToken);
        }
    }

    void Announce()
    {
        var all = _announceAll;
        _announceAll = false;
        foreach (var (car, summary) in _newest)
        {
            var device = DeviceDescription.Of(summary);
            if (!_prepared.Contains(car) || (!all && _published.TryGetValue(car, out var before) && before == device))
                continue;
            _published[car] = device;
            outbox.Put(_document.Topic(car), _document.Render(car, device), retain: true);
        }
    }

    /// <summary>Moves what older versions announced of these cars to the device, or clears it where discovery is off.</summary>
    async Task PrepareAsync(IReadOnlyList<CarId> unprepared, CancellationToken cancellationToken)
    {
        if (unprepared.Count == 0)
            return;
        await LookAsync(unprepared, cancellationToken);
        foreach (var car in unprepared)
        {
            var done = settings.HomeAssistant.Discovery ? await MigrateAsync(car, cancellationToken) : await ClearAsync(car, cancellationToken);
            if (done)
                _prepared.Add(car);
            else
                Log.Unfinished(logger, car.Value);
        }
    }

    /// <summary>Asks the broker which announcements of these cars it holds.</summary>
    async Task LookAsync(IReadOnlyList<CarId> cars, CancellationToken cancellationToken)
    {
        foreach (var car in cars)
        {
            _ = subscriptions.AddAsync(_document.FormerTopicsFilter(car));
            _ = subscriptions.AddAsync(_document.Topic(car));
        }

        await Task.Delay(Settling, time, cancellationToken);
        foreach (var car in cars)
        {
            subscriptions.Remove(_document.FormerTopicsFilter(car));
            subscriptions.Remove(_document.Topic(car));
        }
    }

    async Task<bool> MigrateAsync(CarId car, CancellationToken cancellationToken)
    {
        var former = _document.FormerTopics(car).Where(_retained.ContainsKey).ToList();
        var removed = _document.RemovedTopics(car).Where(_retained.ContainsKey).ToList();
        if (former.Count == 0 && removed.Count == 0)
            return true;
        Log.Migrating(logger, car.Value, former.Count);
        var device = DeviceDescription.Of(_newest[car]);
        foreach (var topic in former)
            if (!await outbox.PutOnceAsync(topic, Marker, retain: true).WaitAsync(cancellationToken))
                return false;
        await Task.Delay(Settling, time, cancellationToken);
        // An entity that the user has disabled would be lost when its former topic is emptied, so those come last.
        if (!await outbox.PutOnceAsync(_document.Topic(car), _document.Render(car, device, withDisabled: false), retain: true).WaitAsync(cancellationToken))
            return false;
        if (!await ClearAsync([.. former, .. removed], cancellationToken))
            return false;
        await Task.Delay(Settling, time, cancellationToken);
        return true;
    }

    /// <summary>Clears what is announced of a car.</summary>
    Task<bool> ClearAsync(CarId car, CancellationToken cancellationToken)
    {
        _published.Remove(car);
        string[] topics = [_document.Topic(car), .. _document.FormerTopics(car), .. _document.RemovedTopics(car)];
        return ClearAsync([.. topics.Where(_retained.ContainsKey)], cancellationToken);
    }

    async Task<bool> ClearAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken)
    {
        foreach (var topic in topics)
        {
            if (!await outbox.PutOnceAsync(topic, [], retain: true).WaitAsync(cancellationToken))
                return false;
            _retained.TryRemove(topic, out _);
        }

        return true;
    }

    async Task ClearRemovedCarsAsync(CancellationToken cancellationToken)
    {
        if (!settings.HomeAssistant.Discovery)
            return;
        IReadOnlyList<CarId> gone;
        try
        {
            gone = [.. (await cars.ListAsync(cancellationToken)).Select(car => car.Id).Where(car => !_newest.ContainsKey(car))];
        }
        catch (System.Data.Common.DbException exception)
        {
            Log.CarsUnknown(logger, exception.Message);
            return;
        }

        await LookAsync(gone, cancellationToken);
        var done = true;
        foreach (var car in gone)
            done &= await ClearAsync(car, cancellationToken);
        _removedCarsCleared = done;
    }

    void Receive(BrokerEvent.Received message)
    {
        if (message.Topic == BirthTopic)
        {
            // A retained birth message is old news: the announcements are retained as well.
            if (message.Retained || !message.Payload.AsSpan().SequenceEqual("online"u8))
                return;
            _announceAll = true;
            _changes.Writer.TryWrite(true);
        }
        else if (message.Retained && message.Payload.Length > 0)
        {
            _retained[message.Topic] = 0;
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: moving {Count} former Home Assistant announcements to the device")]
        public static partial void Migrating(ILogger logger, short carId, int count);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Car {CarId}: Home Assistant discovery was interrupted by the broker; it is tried again over the next connection")]
        public static partial void Unfinished(ILogger logger, short carId);

        [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT discovery of removed cars is not cleared yet, the database cannot be asked: {Reason}")]
        public static partial void CarsUnknown(ILogger logger, string reason);
    }
}
