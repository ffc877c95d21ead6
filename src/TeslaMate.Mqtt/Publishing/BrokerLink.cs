using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TeslaMate.Configuration;
using TeslaMate.Configuration.Health;
using TeslaMate.Mqtt.Broker;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>
/// Keeps a connection to the broker and empties the outbox into it. Whatever happens here, the cars go on being logged: nothing waits for this loop.
/// </summary>
sealed partial class BrokerLink(
    IBroker broker, Outbox outbox, AvailabilityTopic availability, BrokerSubscriptions subscriptions, IHeartbeats heartbeats, TimeProvider time,
    ILogger<BrokerLink> logger)
    : BackgroundService
{
    // Large enough that a round trip does not limit the rate, small enough that little is repeated after a loss.
    const int MaxInFlight = 500;

    static readonly TimeSpan HeartbeatTimeout = TimeSpan.FromSeconds(60);
    static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(5);
    static readonly TimeSpan AcknowledgementTimeout = TimeSpan.FromSeconds(30);
    static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(3);

    readonly ReconnectPolicy _reconnects = new(Random.Shared.NextDouble);
    IBrokerConnection? _connection;

    /// <summary>When the present connection began; null while there is none.</summary>
    public DateTimeOffset? ConnectedSince { get; private set; }

    /// <summary>Connections that were made in this run.</summary>
    public int Connections { get; private set; }

    /// <summary>Messages that the broker has acknowledged in this run.</summary>
    public long Delivered { get; private set; }

    /// <summary>Why there is no connection; null while there is one or none was tried yet.</summary>
    public string? LastError { get; private set; }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats.Start("mqtt", HeartbeatTimeout);
        // Wakes the pump, whichever connection it has.
        outbox.Filled = () => _connection?.Events.Writer.TryWrite(new BrokerEvent.Wake());
        while (!stoppingToken.IsCancellationRequested)
        {
            heartbeat.Beat();
            try
            {
                switch (await broker.ConnectAsync(stoppingToken))
                {
                    case ConnectResult.Refused(var reason):
                        LastError = reason;
                        if (_reconnects.Failed(reason))
                            Log.Refused(logger, reason);
                        break;
                    case ConnectResult.Connected(var connection):
                        await using (connection)
                            await ServeAsync(connection, heartbeat, stoppingToken);
                        break;
                }

                await Task.Delay(_reconnects.NextPause(), time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
            }
        }
    }

    async Task ServeAsync(IBrokerConnection connection, IHeartbeat heartbeat, CancellationToken stoppingToken)
    {
        outbox.StartOver();
        _connection = connection;
        ConnectedSince = time.GetUtcNow();
        Connections++;
        LastError = null;
        if (_reconnects.Connected())
            Log.Connected(logger);
        connection.Subscribe(availability.Topic);
        availability.Online();
        subscriptions.Begin(connection);
        var inFlight = new InFlightMessages(time);
        try
        {
            var reason = await PumpAsync(connection, inFlight, heartbeat, stoppingToken);
            LastError = reason;
            if (_reconnects.Failed(reason))
                Log.Dropped(logger, reason);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await FinishAsync(connection, inFlight);
        }
        finally
        {
            _connection = null;
            ConnectedSince = null;
            subscriptions.End();
        }
    }

    /// <returns>Why the connection ended.</returns>
    async Task<string> PumpAsync(IBrokerConnection connection, InFlightMessages inFlight, IHeartbeat heartbeat, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var isProven = false;
        while (true)
        {
            if (!isProven && time.GetElapsedTime(began) >= ReconnectPolicy.StableAfter)
            {
                isProven = true;
                if (_reconnects.Ended())
                    Log.Connected(logger);
            }

            if (inFlight.LongestWait >= AcknowledgementTimeout)
                return $"the broker has not acknowledged a message for {AcknowledgementTimeout.TotalSeconds:0} s";
            Send(connection, inFlight);
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var wait = connection.Events.Reader.WaitToReadAsync(turn.Token).AsTask();
            // A quiet connection is still a turning loop.
            if (await Task.WhenAny(wait, Task.Delay(IdleInterval, time, turn.Token)) != wait && !cancellationToken.IsCancellationRequested)
            {
                heartbeat.Beat();
                await turn.CancelAsync();
                await ((Task)wait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            heartbeat.Beat();
            if (!await wait)
                return "the connection ended";
            await turn.CancelAsync();
            while (connection.Events.Reader.TryRead(out var @event))
            {
                if (@event is BrokerEvent.Closed(var reason))
                    return reason;
                Handle(@event, inFlight);
            }
        }
    }

    void Send(IBrokerConnection connection, InFlightMessages inFlight)
    {
        while (inFlight.Count < MaxInFlight && outbox.TryTake(out var message))
        {
            // Without an id the connection is ending; StartOver will put the message in line again.
            if (connection.Publish(message.Address.Topic, message.Payload, message.Address.Retain) is not { } id)
                return;
            inFlight.Add(id, message);
        }
    }

    void Handle(BrokerEvent @event, InFlightMessages inFlight)
    {
        switch (@event)
        {
            case BrokerEvent.Acknowledged(var id):
                Acknowledge(id, inFlight);
                break;
            case BrokerEvent.Confirmed confirmed:
                subscriptions.Confirm(confirmed);
                break;
            case BrokerEvent.Received received when received.Topic == availability.Topic:
                availability.Answer(received);
                break;
            case BrokerEvent.Received received:
                subscriptions.Receive(received);
                break;
        }
    }

    void Acknowledge(int id, InFlightMessages inFlight)
    {
        if (!inFlight.Remove(id, out var message))
            return;
        Delivered++;
        outbox.Acknowledge(message);
        if (inFlight.Count == 0)
            _reconnects.Served();
    }

    /// <summary>The last values and a farewell, as far as the broker takes them within a few seconds.</summary>
    async Task FinishAsync(IBrokerConnection connection, InFlightMessages inFlight)
    {
        using var limit = new CancellationTokenSource(ShutdownTimeout, time);
        try
        {
            await outbox.Completion.WaitAsync(limit.Token);
            // Other instances contradict the farewell; this one must not.
            connection.Unsubscribe(availability.Topic);
            availability.Offline();
            while (true)
            {
                Send(connection, inFlight);
                if (inFlight.Count == 0)
                    return;
                if (await connection.Events.Reader.ReadAsync(limit.Token) is BrokerEvent.Acknowledged(var id))
                    Acknowledge(id, inFlight);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
        {
        }

        Log.Unfinished(logger, inFlight.Count);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "MQTT connection has been established")]
        public static partial void Connected(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT connection has been dropped: {Reason}")]
        public static partial void Dropped(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason} Trying again; cars are logged all the same.")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT: {Count} last messages were not acknowledged before the stop")]
        public static partial void Unfinished(ILogger logger, int count);
    }
}
