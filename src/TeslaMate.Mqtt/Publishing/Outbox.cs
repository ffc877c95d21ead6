using System.Diagnostics.CodeAnalysis;

namespace TeslaMate.Mqtt.Publishing;

/// <summary>
/// What the broker should have, and which part of that it has not acknowledged yet. A topic holds its newest value only, so the size is bounded by
/// the number of topics however long the broker is away.
/// </summary>
sealed class Outbox
{
    readonly Lock _lock = new();
    readonly Dictionary<Address, Entry> _entries = [];
    readonly Queue<Address> _waiting = [];
    readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    long _lastVersion;

    /// <summary>Raised when there is something to send; short and must not throw.</summary>
    public Action? Filled { get; set; }

    /// <summary>
    /// Ends when the last value of this run is in; the program's parts stop at the same time, and the farewell comes after the values.
    /// </summary>
    public Task Completion => _completed.Task;

    public void Complete() => _completed.TrySetResult();

    /// <summary>Messages that wait for the broker or for its acknowledgement.</summary>
    public int Pending
    {
        get
        {
            lock (_lock)
                return _entries.Values.Count(entry => entry.State != EntryState.Delivered);
        }
    }

    /// <summary>What the next connection will get, in its order.</summary>
    public IReadOnlyList<string> Topics
    {
        get
        {
            lock (_lock)
                return [.. _entries.Keys.Select(address => address.Topic)];
        }
    }

    /// <summary>Makes <paramref name="payload"/> the topic's value, and remembers it: after a reconnect it is sent again.</summary>
    public void Put(string topic, byte[] payload, bool retain) => Add(topic, payload, retain, remember: true, completion: null);

    /// <summary>Sends a message of the moment, which is forgotten once it is acknowledged.</summary>
    /// <returns>Completes with true when the broker has acknowledged it, over this connection or a later one; with false when a newer message took
    /// its place.</returns>
    public Task<bool> PutOnceAsync(string topic, byte[] payload, bool retain)
    {
        var completion = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(topic, payload, retain, remember: false, completion);
        return completion.Task;
    }

    /// <summary>Takes the message that has waited longest.</summary>
    public bool TryTake([NotNullWhen(true)] out Message? message)
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out var address))
            {
                if (!_entries.TryGetValue(address, out var entry) || entry.State != EntryState.Waiting)
                    continue;
                entry.State = EntryState.InFlight;
                message = new Message(address, entry.Payload, entry.Version);
                return true;
            }
        }

        message = null;
        return false;
    }

    /// <summary>The broker has the message.</summary>
    public void Acknowledge(Message message)
    {
        TaskCompletionSource<bool>? completion = null;
        lock (_lock)
        {
            if (!_entries.TryGetValue(message.Address, out var entry) || entry.Version != message.Version)
                return;
            completion = entry.Completion;
            entry.State = EntryState.Delivered;
            if (!entry.Remember)
                _entries.Remove(message.Address);
        }

        completion?.TrySetResult(true);
    }

    /// <summary>
    /// Remembers what lies below a topic no longer than until it is delivered: somebody else keeps it up to date from now on, and a later connection
    /// must not put old values over theirs.
    /// </summary>
    /// <param name="above">The topic with its last slash.</param>
    public void Release(string above)
    {
        lock (_lock)
        {
            foreach (var (address, entry) in _entries.Where(entry => entry.Key.Topic.StartsWith(above, StringComparison.Ordinal)).ToList())
            {
                entry.Remember = false;
                if (entry.State == EntryState.Delivered)
                    _entries.Remove(address);
            }
        }
    }

    /// <summary>Puts everything in line again, in the order in which it was first put; a new broker may know nothing.</summary>
    public void StartOver()
    {
        lock (_lock)
        {
            _waiting.Clear();
            foreach (var (address, entry) in _entries)
            {
                entry.State = EntryState.Waiting;
                _waiting.Enqueue(address);
            }
        }
    }

    void Add(string topic, byte[] payload, bool retain, bool remember, TaskCompletionSource<bool>? completion)
    {
        TaskCompletionSource<bool>? replaced;
        lock (_lock)
        {
            var address = new Address(topic, retain);
            if (!_entries.TryGetValue(address, out var entry))
                _entries[address] = entry = new Entry { Payload = payload };
            replaced = entry.Completion;
            var queued = entry.State == EntryState.Waiting && entry.Version != 0;
            entry.Payload = payload;
            entry.Version = ++_lastVersion;
            entry.Remember = remember;
            entry.Completion = completion;
            entry.State = EntryState.Waiting;
            if (!queued)
                _waiting.Enqueue(address);
        }

        replaced?.TrySetResult(false);
        Filled?.Invoke();
    }

    /// <summary>A retained and a passing message on one topic are two things: the first is cleared where the second is used.</summary>
    public readonly record struct Address(string Topic, bool Retain);

    public sealed record Message(Address Address, byte[] Payload, long Version);

    enum EntryState
    {
        Waiting,
        InFlight,
        Delivered,
    }

    sealed class Entry
    {
        public required byte[] Payload { get; set; }

        public long Version { get; set; }

        public bool Remember { get; set; }

        public EntryState State { get; set; }

        public TaskCompletionSource<bool>? Completion { get; set; }
    }
}
