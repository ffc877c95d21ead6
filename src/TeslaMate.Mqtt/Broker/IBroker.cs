using System.Threading.Channels;

namespace TeslaMate.Mqtt.Broker;

/// <summary>A way to the broker; the one place that knows an MQTT library.</summary>
interface IBroker
{
    /// <summary>Connects once; every later event of the connection, its end included, arrives in <see cref="IBrokerConnection.Events"/>.</summary>
    Task<ConnectResult> ConnectAsync(CancellationToken cancellationToken);
}

/// <summary>What became of an attempt to connect.</summary>
abstract record ConnectResult
{
    ConnectResult()
    {
    }

    public sealed record Connected(IBrokerConnection Connection) : ConnectResult;

    /// <param name="Reason">A sentence that names host and port and what to do.</param>
    public sealed record Refused(string Reason) : ConnectResult;
}

/// <summary>What the broker publishes when this program vanishes.</summary>
sealed record Will(string Topic, byte[] Payload);

/// <summary>One connection, from its CONNACK to its end; messages in flight at the end are forgotten with it.</summary>
interface IBrokerConnection : IAsyncDisposable
{
    /// <summary>Bounded: a broker that sends faster than events are read has to wait. Completes after <see cref="BrokerEvent.Closed"/>.</summary>
    Channel<BrokerEvent> Events { get; }

    /// <summary>Sends with QoS 1, in the order of the calls.</summary>
    /// <returns>The id that <see cref="BrokerEvent.Acknowledged"/> will carry; null when the connection is gone.</returns>
    int? Publish(string topic, byte[] payload, bool retain);

    /// <returns>The id that <see cref="BrokerEvent.Confirmed"/> will carry; null when the connection is gone.</returns>
    int? Subscribe(string filter);

    /// <returns>As of <see cref="Subscribe"/>.</returns>
    int? Unsubscribe(string filter);
}

/// <summary>What the link's loop waits for.</summary>
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

    /// <param name="Payload">No more than its first <see cref="MaxPayloadLength"/> bytes: nothing that is listened for says more than a word.</param>
    public sealed record Received(string Topic, byte[] Payload, bool Retained) : BrokerEvent
    {
        public const int MaxPayloadLength = 256;
    }

    public sealed record Closed(string Reason) : BrokerEvent;
}
