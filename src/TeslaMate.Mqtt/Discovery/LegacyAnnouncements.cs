using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;
using TeslaMate.Logbook;
using TeslaMate.Mqtt.Broker;
using TeslaMate.Mqtt.Publishing;

namespace TeslaMate.Mqtt.Discovery;

/// <summary>
/// What the broker still holds of earlier announcements. They are looked for there, so that they are moved or cleared once, not at every start
/// (spec mqtt 14.2 and 14.4).
/// </summary>
sealed partial class LegacyAnnouncements(
    DiscoveryDocument document, Outbox outbox, BrokerSubscriptions subscriptions, TimeProvider time, ILogger<LegacyAnnouncements> logger)
{
    // Home Assistant needs about as long to follow each step of a migration, and some brokers to look up what they have retained.
    static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1);

    // Something that goes on announcing under these topics must not keep the cars waiting.
    static readonly TimeSpan SearchTimeout = TimeSpan.FromSeconds(60);

    static readonly byte[] Marker = Encoding.UTF8.GetBytes("""{"migrate_discovery":true}""");

    readonly ConcurrentDictionary<string, byte> _retained = new();

    // A broker can send anything; what is remembered of it is bounded by the cars.
    readonly ConcurrentDictionary<string, byte> _expected = new();
    int _arrivals;

    /// <summary>Takes note of what the broker holds; does not wait.</summary>
    public void Receive(BrokerEvent.Received message)
    {
        if (!_expected.ContainsKey(message.Topic))
            return;
        Interlocked.Increment(ref _arrivals);
        // Also what arrives this moment: whoever announces does so to be retained.
        if (message.Payload.Length > 0)
            _retained[message.Topic] = 0;
        else
            _retained.TryRemove(message.Topic, out _);
    }

    /// <summary>Asks the broker which announcements of these cars it holds.</summary>
    /// <returns>False when the connection ended before all of them were there.</returns>
    public async Task<bool> FindRetainedAsync(IReadOnlyCollection<CarId> cars, CancellationToken cancellationToken)
    {
        foreach (var topic in cars.SelectMany(Topics))
            _expected[topic] = 0;
        string[] filters = [.. cars.SelectMany(car => new[] { document.FormerTopicsFilter(car), document.Topic(car) })];
        var (connection, began) = (subscriptions.Connection, time.GetTimestamp());
        await Task.WhenAll(filters.Select(subscriptions.AddAsync)).WaitAsync(cancellationToken);
        // A broker may send what it holds before its word that it listens, after it, or in portions that each wait for an acknowledgement.
        var roundTrip = time.GetElapsedTime(began);
        var quiet = roundTrip * 2 > SettleTime ? roundTrip * 2 : SettleTime;
        int arrivals;
        do
        {
            arrivals = Volatile.Read(ref _arrivals);
            await Task.Delay(quiet, time, cancellationToken);
        }
        while (arrivals != Volatile.Read(ref _arrivals) && time.GetElapsedTime(began) < SearchTimeout);
        await Task.WhenAll(filters.Select(subscriptions.RemoveAsync)).WaitAsync(cancellationToken);
        return connection is not null && connection == subscriptions.Connection;
    }

    /// <summary>Whether the broker holds the car's device, as far as was looked for.</summary>
    public bool IsAnnounced(CarId car) => _retained.ContainsKey(document.Topic(car));

    /// <summary>Moves what older versions announced of the car to its device.</summary>
    /// <returns>False when a newer message took the place of one of these.</returns>
    public async Task<bool> MigrateAsync(CarId car, DeviceDescription device, CancellationToken cancellationToken)
    {
        var former = document.FormerTopics(car).Where(_retained.ContainsKey).ToList();
        var removed = document.RemovedTopics(car).Where(_retained.ContainsKey).ToList();
        if (former.Count == 0 && removed.Count == 0)
            return true;
        Log.Migrating(logger, car.Value, former.Count);
        foreach (var topic in former)
            if (!await outbox.PutOnceAsync(topic, Marker, retain: true).WaitAsync(cancellationToken))
                return false;
        await Task.Delay(SettleTime, time, cancellationToken);
        // An entity that the user has disabled would be lost when its former topic is emptied, so those come last.
        if (!await outbox.PutOnceAsync(document.Topic(car), document.Render(car, device, withDisabled: false), retain: true)
            .WaitAsync(cancellationToken))
            return false;
        if (!await ClearAsync([.. former, .. removed], cancellationToken))
            return false;
        await Task.Delay(SettleTime, time, cancellationToken);
        return true;
    }

    /// <summary>Clears what is announced of a car.</summary>
    /// <returns>False when a newer message took the place of one of these.</returns>
    public Task<bool> ClearAsync(CarId car, CancellationToken cancellationToken)
    {
        return ClearAsync([.. Topics(car).Where(_retained.ContainsKey)], cancellationToken);
    }

    IEnumerable<string> Topics(CarId car) => [document.Topic(car), .. document.FormerTopics(car), .. document.RemovedTopics(car)];

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

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Car {CarId}: moving {Count} former Home Assistant announcements to the device")]
        public static partial void Migrating(ILogger logger, short carId, int count);
    }
}
