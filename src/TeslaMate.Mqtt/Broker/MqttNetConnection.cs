using System.Buffers;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Protocol;

namespace TeslaMate.Mqtt.Broker;

/// <summary>One connection on one client of MQTTnet: with a client per connection nothing old overtakes newer values after a reconnect.</summary>
sealed class MqttNetConnection : IBrokerConnection
{
    // With what is on its way inside MQTTnet this bounds the memory that a broker can fill (see BoundedPacketStream).
    const int MaxEvents = 128;
    const int MaxUnhandledMessages = 16;

    static readonly TimeSpan DisconnectTimeout = TimeSpan.FromSeconds(2);

    readonly IMqttClient _client = new MqttClientFactory().CreateMqttClient();
    readonly CancellationTokenSource _disposed = new();
    int _lastId;

    public MqttNetConnection()
    {
        _client.ApplicationMessageReceivedAsync += message => ReceiveAsync(message.ApplicationMessage);
        _client.DisconnectedAsync += ended => CloseAsync(MqttNetBroker.Reason(ended.Exception) ?? "the broker closed the connection");
    }

    public Channel<BrokerEvent> Events { get; } = Channel.CreateBounded<BrokerEvent>(new BoundedChannelOptions(MaxEvents) { SingleReader = true });

    /// <summary>How many more messages may be received before one of those has been handled.</summary>
    public SemaphoreSlim Room { get; } = new(MaxUnhandledMessages);

    /// <summary>Connects and waits for the broker's CONNACK.</summary>
    /// <returns>Why it refused; null when it did not.</returns>
    public async Task<string?> OpenAsync(MqttClientOptions options, CancellationToken cancellationToken)
        => (await _client.ConnectAsync(options, cancellationToken)).ResultCode switch
        {
            MqttClientConnectResultCode.Success => null,
            MqttClientConnectResultCode.BadUserNameOrPassword => "bad user name or password (MQTT_USERNAME, MQTT_PASSWORD).",
            MqttClientConnectResultCode.NotAuthorized => "not authorised (MQTT_USERNAME, MQTT_PASSWORD).",
            MqttClientConnectResultCode.ServerUnavailable => "it is not available.",
            MqttClientConnectResultCode.UnsupportedProtocolVersion => "it does not take MQTT 3.1.1.",
            MqttClientConnectResultCode.ClientIdentifierNotValid => "it does not take the client's identifier.",
            var code => $"it answered {code}.",
        };

    public int? Publish(string topic, byte[] payload, bool retain)
        => Send(
            client => client.PublishAsync(new MqttApplicationMessage
            {
                Topic = topic,
                Payload = new ReadOnlySequence<byte>(payload),
                Retain = retain,
                QualityOfServiceLevel = MqttQualityOfServiceLevel.AtLeastOnce,
            }),
            id => new BrokerEvent.Acknowledged(id));

    public int? Subscribe(string filter)
        => Send(client => client.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtLeastOnce, _disposed.Token), id => new BrokerEvent.Confirmed(id));

    public int? Unsubscribe(string filter) => Send(client => client.UnsubscribeAsync(filter, _disposed.Token), id => new BrokerEvent.Confirmed(id));

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_client.IsConnected)
                await _client.DisconnectAsync().WaitAsync(DisconnectTimeout);
        }
        catch (Exception exception) when (exception is MqttCommunicationException or OperationCanceledException or TimeoutException
            or ObjectDisposedException)
        {
            // Nobody may be listening; the end of the socket says the same.
        }

        await _disposed.CancelAsync();
        _client.Dispose();
        _disposed.Dispose();
    }

    /// <summary>Begins to send; packets leave in the order of these calls.</summary>
    int? Send(Func<IMqttClient, Task> send, Func<int, BrokerEvent> answer)
    {
        try
        {
            var id = ++_lastId;
            _ = AnswerAsync(send(_client), answer(id));
            return id;
        }
        catch (Exception exception) when (exception is MqttCommunicationException or ObjectDisposedException)
        {
            return null;
        }
    }

    async Task AnswerAsync(Task sending, BrokerEvent answer)
    {
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (sending.IsCompletedSuccessfully)
            await RaiseAsync(answer);
    }

    async Task ReceiveAsync(MqttApplicationMessage message)
    {
        var payload = message.Payload.Slice(0, Math.Min(message.Payload.Length, BrokerEvent.Received.MaxPayloadLength)).ToArray();
        await RaiseAsync(new BrokerEvent.Received(message.Topic, payload, message.Retain));
        Room.Release();
    }

    async Task CloseAsync(string reason)
    {
        await RaiseAsync(new BrokerEvent.Closed(reason));
        Events.Writer.TryComplete();
    }

    async Task RaiseAsync(BrokerEvent @event)
    {
        try
        {
            await Events.Writer.WriteAsync(@event, _disposed.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException or ObjectDisposedException)
        {
            // The connection has ended; nobody reads any more.
        }
    }
}
