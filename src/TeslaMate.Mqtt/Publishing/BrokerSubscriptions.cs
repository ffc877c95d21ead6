using System.Collections.Concurrent;
using TeslaMate.Mqtt.Broker;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>What is listened to at the broker, over whichever connection there is.</summary>
sealed class BrokerSubscriptions
{
    readonly ConcurrentDictionary<string, byte> _lasting = new();
    volatile IBrokerConnection? _connection;

    /// <summary>A connection has begun. Short, must not throw; called on the link's loop.</summary>
    public Action? Began { get; set; }

    /// <summary>A message has arrived. Short, must not throw; called on the link's loop.</summary>
    public Action<BrokerEvent.Received>? Received { get; set; }

    public bool IsConnected => _connection is not null;

    /// <summary>Listens from now on, also over later connections.</summary>
    public void Keep(string filter)
    {
        if (_lasting.TryAdd(filter, 0))
            _connection?.Subscribe(filter);
    }

    /// <summary>Listens over the present connection, if there is one.</summary>
    public void Add(string filter) => _connection?.Subscribe(filter);

    public void Remove(string filter) => _connection?.Unsubscribe(filter);

    public void Begin(IBrokerConnection connection)
    {
        _connection = connection;
        foreach (var filter in _lasting.Keys)
            connection.Subscribe(filter);
        Began?.Invoke();
    }

    public void End() => _connection = null;

    public void Receive(BrokerEvent.Received received) => Received?.Invoke(received);
}
