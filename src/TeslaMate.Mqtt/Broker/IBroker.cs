namespace TeslaMate.Mqtt.Broker;

/// <summary>A way to the broker; the one place that knows an MQTT library.</summary>
interface IBroker
{
    /// <summary>Connects once; every later event of the connection, its end included, arrives in <see cref="IBrokerConnection.Events"/>.</summary>
    Task<ConnectAnswer> ConnectAsync(CancellationToken cancellationToken);
}

/// <summary>What became of an attempt to connect.</summary>
abstract record ConnectAnswer
{
    ConnectAnswer()
    {
    }

    public sealed record Connected(IBrokerConnection Connection) : ConnectAnswer;

    /// <param name="Reason">A sentence that names host and port and what to do.</param>
    public sealed record Refused(string Reason) : ConnectAnswer;

    /// <summary>The library is missing or too old; no use in trying again.</summary>
    public sealed record Impossible(string Reason) : ConnectAnswer;
}

/// <summary>One connection, from its CONNACK to its end; messages still under way at the end are forgotten with it.</summary>
interface IBrokerConnection : IAsyncDisposable
{
    /// <summary>Written by the library's thread; completes after <see cref="BrokerEvent.Closed"/>.</summary>
    System.Threading.Channels.Channel<BrokerEvent> Events { get; }

    /// <summary>Sends with QoS 1.</summary>
    /// <returns>The id that <see cref="BrokerEvent.Acknowledged"/> will carry; null when the connection is gone.</returns>
    int? Publish(string topic, ReadOnlySpan<byte> payload, bool retain);

    /// <returns>The id that <see cref="BrokerEvent.Confirmed"/> will carry; null when the connection is gone.</returns>
    int? Subscribe(string filter);

    /// <returns>As of <see cref="Subscribe"/>.</returns>
    int? Unsubscribe(string filter);
}

/// <summary>What the pump waits for.</summary>
abstract record BrokerEvent
{
    BrokerEvent()
    {
    }

    /// <summary>There is something to send.</summary>
    public sealed record Wake : BrokerEvent;

    public sealed record Acknowledged(int Id) : BrokerEvent;

    /// <summary>The broker listens for a filter, or does so no more.</summary>
    public sealed record Confirmed(int Id) : BrokerEvent;

    public sealed record Received(string Topic, byte[] Payload, bool Retained) : BrokerEvent;

    public sealed record Closed(string Reason) : BrokerEvent;
}
