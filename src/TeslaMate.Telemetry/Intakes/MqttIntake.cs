using System.Buffers;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MQTTnet;
using TeslaMate.Configuration;
using TeslaMate.Telemetry.Cars;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire;

namespace TeslaMate.Telemetry.Intakes;

/// <summary>
/// Takes what Tesla's own server publishes on MQTT (spec fleet-telemetry 1.7): field by field, without the car's clock. Values of half a second make
/// one record with the time of the first; what is retained, or follows a connection, may be old and only tells what is, not when.
/// </summary>
sealed partial class MqttIntake(TelemetrySettings settings, TelemetryCars cars, InboxWriter inbox, TimeProvider time, ILogger<MqttIntake> logger)
    : BackgroundService
{
    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromMinutes(1));

    readonly MqttGrouping _groups = new(time);

    long _taken;

    /// <summary>Whether the broker sends what is published.</summary>
    public bool IsSubscribed { get; private set; }

    /// <summary>Messages that came, of whatever kind.</summary>
    public long Taken => Interlocked.Read(ref _taken);

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => settings.Mqtt is { } broker
        ? Task.WhenAll(
            Job.KeepRunningAsync(token => ConnectAsync(broker, token), time, logger, stoppingToken),
            Job.KeepRunningAsync(StoreAsync, time, logger, stoppingToken))
        : Task.CompletedTask;

    async Task ConnectAsync(Uri broker, CancellationToken cancellationToken)
    {
        var topics = broker.AbsolutePath.Trim('/');
        var factory = new MqttClientFactory();
        for (var failures = 0; !cancellationToken.IsCancellationRequested;)
        {
            using var client = factory.CreateMqttClient();
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            client.DisconnectedAsync += _ =>
            {
                gone.TrySetResult();
                return Task.CompletedTask;
            };
            client.ApplicationMessageReceivedAsync += received =>
            {
                var message = received.ApplicationMessage;
                if (message.Topic.Length > topics.Length + 1)
                    _groups.Take(message.Topic[(topics.Length + 1)..], message.Payload.ToArray(), message.Retain);
                Interlocked.Increment(ref _taken);
                return Task.CompletedTask;
            };
            try
            {
                var options = new MqttClientOptionsBuilder().WithTcpServer(broker.Host, broker.IsDefaultPort || broker.Port < 0 ? 1883 : broker.Port);
                if (broker.UserInfo.Length > 0)
                    options = options.WithCredentials(Uri.UnescapeDataString(broker.UserInfo.Split(':')[0]), settings.MqttPassword?.Reveal() ?? "");
                await client.ConnectAsync(options.Build(), cancellationToken);
                var subscriptions = factory.CreateSubscribeOptionsBuilder();
                foreach (var topic in new[] { "+/v/+", "+/connectivity", "+/alerts/+/current" })
                    subscriptions.WithTopicFilter(filter => filter.WithTopic($"{topics}/{topic}").WithAtLeastOnceQoS());
                await client.SubscribeAsync(subscriptions.Build(), cancellationToken);
                failures = 0;
                IsSubscribed = true;
                await gone.Task.WaitAsync(cancellationToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
            {
                Log.Away(logger, exception.Message);
            }
            finally
            {
                IsSubscribed = false;
            }

            await Task.Delay(Retries.Pause(failures++, Random.Shared.NextDouble()), time, cancellationToken);
        }
    }

    async Task StoreAsync(CancellationToken cancellationToken)
    {
        using var grace = new Grace(time, cancellationToken);
        try
        {
            await foreach (var record in _groups.ReadAsync(cancellationToken))
                await StoreAsync(record, grace.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            foreach (var record in _groups.Rest())
                await StoreAsync(record, grace.Token);
        }
    }

    async Task StoreAsync(TelemetryRecord record, CancellationToken cancellationToken)
    {
        if (await cars.FindAsync(record.Vin, cancellationToken) is not { } car)
            return;
        var type = record switch
        {
            TelemetryRecord.Data => RecordType.Data,
            TelemetryRecord.Alerts => RecordType.Alerts,
            _ => RecordType.Connectivity,
        };
        var row = InboxRecord.Of(car, type, RecordForm.Json, IntakePath.Mqtt, default, record, null, time.GetUtcNow(), JsonForm.Write(record));
        while (await inbox.StoreAsync(row, cancellationToken) is StoreResult.NotStored)
        {
            // Nobody else has it any more.
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The broker of Tesla's server is away: {Reason}")]
        public static partial void Away(ILogger logger, string reason);
    }
}

/// <summary>Puts values that come one by one together again.</summary>
sealed class MqttGrouping(TimeProvider time)
{
    static readonly TimeSpan Together = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan AfterContact = TimeSpan.FromSeconds(30);

    readonly Lock _lock = new();
    readonly Dictionary<(string Vin, bool IsOld), Group> _groups = [];
    readonly Dictionary<string, DateTimeOffset> _connected = new(StringComparer.Ordinal);

    // More than any car says while the database is away for an hour; beyond that the newest are lost.
    readonly Channel<TelemetryRecord> _records = Channel.CreateBounded<TelemetryRecord>(10_000);
    readonly AsyncAutoResetEvent _news = new();

    /// <param name="topic">Below the base: the VIN, then what it is about.</param>
    public void Take(string topic, byte[] body, bool isRetained)
    {
        var now = time.GetUtcNow();
        switch (topic.Split('/'))
        {
            case [var vin, "v", var name] when MqttForm.TryReadField(name, body) is { } datum:
                Add(vin, datum, isRetained, now);
                break;
            case [var vin, "connectivity"] when MqttForm.TryReadConnectivity(vin, body) is { } connectivity:
                if (connectivity.Status == ConnectionStatus.Connected)
                {
                    lock (_lock)
                        _connected[vin] = now;
                }

                if (!isRetained)
                    _records.Writer.TryWrite(connectivity);
                break;
            case [var vin, "alerts", var name, "current"] when MqttForm.TryReadAlert(vin, name, body) is { } alert:
                _records.Writer.TryWrite(alert);
                break;
        }

        _news.Set();
    }

    /// <summary>Records as their half seconds end.</summary>
    public async IAsyncEnumerable<TelemetryRecord> ReadAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_records.Reader.TryRead(out var record))
                yield return record;
            foreach (var record in Due(time.GetUtcNow()))
                yield return record;
            if (NextDue is { } next)
                await Task.Delay(next > time.GetUtcNow() ? next - time.GetUtcNow() : TimeSpan.Zero, time, cancellationToken);
            else
                await _news.WaitAsync(cancellationToken);
        }
    }

    /// <summary>What is left at the end.</summary>
    public IReadOnlyList<TelemetryRecord> Rest()
    {
        List<TelemetryRecord> rest = [];
        while (_records.Reader.TryRead(out var record))
            rest.Add(record);
        return [.. rest, .. Due(DateTimeOffset.MaxValue)];
    }

    /// <summary>When the oldest half second ends; null while nothing waits.</summary>
    DateTimeOffset? NextDue
    {
        get
        {
            lock (_lock)
                return _groups.Count == 0 ? null : _groups.Values.Min(group => group.Since) + Together;
        }
    }

    /// <summary>What has waited for half a second.</summary>
    public IReadOnlyList<TelemetryRecord.Data> Due(DateTimeOffset now)
    {
        lock (_lock)
        {
            var due = _groups.Where(group => now - group.Value.Since >= Together).ToList();
            foreach (var (key, _) in due)
                _groups.Remove(key);
            return [.. due.Select(group => RecordOf(group.Key, group.Value))];
        }
    }

    void Add(string vin, Datum datum, bool isRetained, DateTimeOffset now)
    {
        lock (_lock)
        {
            var isOld = isRetained || (_connected.TryGetValue(vin, out var connected) && now - connected < AfterContact);
            if (!_groups.TryGetValue((vin, isOld), out var group) || now - group.Since >= Together)
            {
                // While nobody takes what is due, time goes on.
                if (group is not null)
                    _records.Writer.TryWrite(RecordOf((vin, isOld), group));
                _groups[(vin, isOld)] = group = new Group(now, []);
            }

            group.Data.Add(datum);
        }
    }

    static TelemetryRecord.Data RecordOf((string Vin, bool IsOld) key, Group group) => new(key.Vin, group.Since, key.IsOld, [.. group.Data]);

    sealed record Group(DateTimeOffset Since, List<Datum> Data);
}
