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
    IBroker broker, Outbox outbox, Availability availability, BrokerSubscriptions subscriptions, IHeartbeats heartbeats, TimeProvider time, ILogger<BrokerLink> logger)
    : BackgroundService
{
    // Large enough that a round trip does not limit the rate, small enough that little is repeated after a loss.
    const int Window = 500;

    static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(60);
    static readonly TimeSpan LastMoments = TimeSpan.FromSeconds(3);
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    IBrokerConnection? _connection;

    /// <summary>When the present connection began; null while there is none.</summary>
    public DateTimeOffset? ConnectedSince { get; private set; }

    /// <summary>Connections that were made in this run.</summary>
    public int Connections { get; private set; }

    /// <summary>Messages that the broker has acknowledged in this run.</summary>
    public long Delivered { get; private set; }

    /// <summary>Why there is no connection; null while there is one or none was tried yet.</summary>
    public string? Trouble { get; private set; }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        using var heartbeat = heartbeats.Start("mqtt", LongestTurn);
        // Wakes the pump, whichever connection it has.
        outbox.Filled = () => _connection?.Events.Writer.TryWrite(new BrokerEvent.Wake());
        var attempt = 0;
        while (!stoppingToken.IsCancellationRequested)
        {
            heartbeat.Beat();
            try
            {
                switch (await broker.ConnectAsync(stoppingToken))
                {
                    case ConnectAnswer.Impossible(var reason):
                        Trouble = reason;
                        Log.Impossible(logger, reason);
                        return;
                    case ConnectAnswer.Refused(var reason):
                        // Once a reason is enough; an outage of a night must not fill the journal.
                        if (Trouble != reason)
                            Log.Refused(logger, reason);
                        Trouble = reason;
                        await Task.Delay(BackOff.Pause(attempt++, FirstPause, LongestPause, Random.Shared.NextDouble), time, stoppingToken);
                        break;
                    case ConnectAnswer.Connected(var connection):
                        attempt = 0;
                        await using (connection)
                            await ServeAsync(connection, heartbeat, stoppingToken);
                        // A broker that accepts and drops at once is not worth a storm.
                        await Task.Delay(BackOff.Pause(attempt++, FirstPause, LongestPause, Random.Shared.NextDouble), time, stoppingToken);
                        break;
                }
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
        Trouble = null;
        Log.Connected(logger);
        availability.Online();
        subscriptions.Begin(connection);
        var underWay = new Dictionary<int, Outbox.Message>();
        try
        {
            var reason = await PumpAsync(connection, underWay, heartbeat, stoppingToken);
            Trouble = reason;
            Log.Dropped(logger, reason);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await FinishAsync(connection, underWay);
        }
        finally
        {
            _connection = null;
            ConnectedSince = null;
            subscriptions.End();
        }
    }

    /// <returns>Why the connection ended.</returns>
    async Task<string> PumpAsync(IBrokerConnection connection, Dictionary<int, Outbox.Message> underWay, IHeartbeat heartbeat, CancellationToken cancellationToken)
    {
        while (true)
        {
            Send(connection, underWay);
            using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var wait = connection.Events.Reader.WaitToReadAsync(turn.Token).AsTask();
            // A quiet connection is still a turning loop.
            if (await Task.WhenAny(wait, Task.Delay(LongestTurn / 3, time, turn.Token)) != wait && !cancellationToken.IsCancellationRequested)
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
                Handle(@event, underWay);
            }
        }
    }

    void Send(IBrokerConnection connection, Dictionary<int, Outbox.Message> underWay)
    {
        while (underWay.Count < Window && outbox.TryTake(out var message))
        {
            // Without an id the connection is ending; StartOver will put the message in line again.
            if (connection.Publish(message.Address.Topic, message.Payload, message.Address.Retain) is not { } id)
                return;
            underWay[id] = message;
        }
    }

    void Handle(BrokerEvent @event, Dictionary<int, Outbox.Message> underWay)
    {
        switch (@event)
        {
            case BrokerEvent.Acknowledged(var id) when underWay.Remove(id, out var message):
                Delivered++;
                outbox.Acknowledge(message);
                break;
            case BrokerEvent.Received received:
                subscriptions.Receive(received);
                break;
        }
    }

    /// <summary>The last values and a farewell, as far as the broker takes them within a few seconds.</summary>
    async Task FinishAsync(IBrokerConnection connection, Dictionary<int, Outbox.Message> underWay)
    {
        using var limit = new CancellationTokenSource(LastMoments, time);
        try
        {
            await outbox.Completion.WaitAsync(limit.Token);
            availability.Offline();
            while (true)
            {
                Send(connection, underWay);
                if (underWay.Count == 0)
                    return;
                if (await connection.Events.Reader.ReadAsync(limit.Token) is var @event && @event is BrokerEvent.Closed)
                    break;
                Handle(@event, underWay);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or System.Threading.Channels.ChannelClosedException)
        {
        }

        Log.Unfinished(logger, underWay.Count);
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "MQTT connection has been established")]
        public static partial void Connected(ILogger logger);

        [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT connection has been dropped: {Reason}")]
        public static partial void Dropped(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason} Trying again; cars are logged all the same.")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "{Reason}")]
        public static partial void Impossible(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "MQTT: {Count} last messages were not acknowledged before the stop")]
        public static partial void Unfinished(ILogger logger, int count);
    }
}
