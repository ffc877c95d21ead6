using TeslaMate.Mqtt.Broker;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>What is listened to at the broker, over whichever connection there is.</summary>
sealed class BrokerSubscriptions
{
    // Held while the connection is used, so that it is not disposed of meanwhile.
    readonly Lock _lock = new();
    readonly HashSet<string> _lasting = [];
    readonly Dictionary<int, TaskCompletionSource<bool>> _asked = [];
    IBrokerConnection? _connection;

    /// <summary>A connection has begun. Short, must not throw; called on the link's loop.</summary>
    public Action? Began { get; set; }

    /// <summary>A message has arrived. Short, must not throw; called on the link's loop.</summary>
    public Action<BrokerEvent.Received>? Received { get; set; }

    /// <summary>The present connection, to tell it from the next one; null while there is none.</summary>
    public object? Connection
    {
        get
        {
            lock (_lock)
                return _connection;
        }
    }

    /// <summary>Listens from now on, also over later connections.</summary>
    public void Keep(string filter)
    {
        lock (_lock)
            if (_lasting.Add(filter))
                _connection?.Subscribe(filter);
    }

    /// <summary>Listens over the present connection.</summary>
    /// <returns>Completes when the broker listens too; with false when the connection has ended before.</returns>
    public Task<bool> AddAsync(string filter) => AskAsync(connection => connection.Subscribe(filter));

    /// <summary>Listens no more.</summary>
    /// <returns>Completes when what the broker had sent until then is here; with false when the connection has ended before.</returns>
    public Task<bool> RemoveAsync(string filter) => AskAsync(connection => connection.Unsubscribe(filter));

    public void Begin(IBrokerConnection connection)
    {
        lock (_lock)
        {
            _connection = connection;
            foreach (var filter in _lasting)
                connection.Subscribe(filter);
        }

        Began?.Invoke();
    }

    public void End()
    {
        lock (_lock)
        {
            _connection = null;
            foreach (var asked in _asked.Values)
                asked.TrySetResult(false);
            _asked.Clear();
        }
    }

    public void Receive(BrokerEvent.Received received) => Received?.Invoke(received);

    public void Confirm(BrokerEvent.Confirmed confirmed)
    {
        lock (_lock)
            if (_asked.Remove(confirmed.Id, out var asked))
                asked.TrySetResult(true);
    }

    Task<bool> AskAsync(Func<IBrokerConnection, int?> ask)
    {
        lock (_lock)
        {
            if (_connection is null || ask(_connection) is not { } id)
                return Task.FromResult(false);
            var asked = _asked[id] = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            return asked.Task;
        }
    }
}
