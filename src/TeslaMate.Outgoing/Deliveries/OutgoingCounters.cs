namespace TeslaMate.Outgoing.Deliveries;

/// <summary>What was sent since the program was started, for metrics.</summary>
sealed class OutgoingCounters
{
    long _delivered;
    long _failed;
    long _lost;

    public long DeliveredCount => Interlocked.Read(ref _delivered);

    public long FailedCount => Interlocked.Read(ref _failed);

    public long LostCount => Interlocked.Read(ref _lost);

    /// <summary>As of the last look; null before the first.</summary>
    public QueueOutlook? Outlook { get; set; }

    public void Delivered() => Interlocked.Increment(ref _delivered);

    /// <summary>An attempt failed.</summary>
    public void Failed() => Interlocked.Increment(ref _failed);

    /// <summary>An event was never stored.</summary>
    public void Lost() => Interlocked.Increment(ref _lost);
}
