namespace TeslaMate.Telemetry.Endpoint;

/// <summary>What the endpoint has seen since the program started.</summary>
sealed class EndpointCounters
{
    long _records;
    long _unreadable;
    long _strangers;
    long _otherVin;
    long _unparsed;
    long _withoutSink;
    long _connections;

    /// <summary>Connections of cars that are open, until their ends are stored.</summary>
    public long Connections => Interlocked.Read(ref _connections);

    public long Records => Interlocked.Read(ref _records);

    /// <summary>Messages that were no envelopes.</summary>
    public long Unreadable => Interlocked.Read(ref _unreadable);

    /// <summary>Cars that are not ours.</summary>
    public long Strangers => Interlocked.Read(ref _strangers);

    /// <summary>Records that claim another VIN than the certificate's.</summary>
    public long OtherVin => Interlocked.Read(ref _otherVin);

    /// <summary>Payloads that could not be read; they are kept as they came.</summary>
    public long Unparsed => Interlocked.Read(ref _unparsed);

    /// <summary>Records of other kinds than those that are kept.</summary>
    public long WithoutSink => Interlocked.Read(ref _withoutSink);

    public void Open() => Interlocked.Increment(ref _connections);

    public void Close() => Interlocked.Decrement(ref _connections);

    public void CountRecord() => Interlocked.Increment(ref _records);

    public void CountUnreadable() => Interlocked.Increment(ref _unreadable);

    public void CountStranger() => Interlocked.Increment(ref _strangers);

    public void CountOtherVin() => Interlocked.Increment(ref _otherVin);

    public void CountUnparsed() => Interlocked.Increment(ref _unparsed);

    public void CountWithoutSink() => Interlocked.Increment(ref _withoutSink);
}
