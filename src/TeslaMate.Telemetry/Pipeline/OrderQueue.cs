namespace TeslaMate.Telemetry.Pipeline;

/// <summary>
/// Puts the records of one car in the order of the car's clock (spec fleet-telemetry 4.1): each waits a second for an older one, and after a loss of
/// data in a drive or a charge all wait until what the car has buffered is here.
/// </summary>
sealed class OrderQueue
{
    static readonly TimeSpan Hold = TimeSpan.FromSeconds(1);
    static readonly TimeSpan HoldAfterLoss = TimeSpan.FromSeconds(60);

    readonly List<QueuedRecord> _waiting = [];
    DateTimeOffset? _heldUntil;

    public int Count => _waiting.Count;

    /// <summary>When something may be released; null when nothing waits.</summary>
    public DateTimeOffset? Due => _waiting.Count == 0 ? null : Later(_heldUntil, _waiting.Min(record => record.QueuedAt) + Hold);

    public void Add(QueuedRecord record) => _waiting.Add(record);

    /// <summary>Whether a record, by its number in the inbox, waits.</summary>
    public bool Contains(long id) => _waiting.Exists(record => record.Id == id);

    /// <summary>Contact has returned while a drive or a charge is open.</summary>
    public void HoldFrom(DateTimeOffset returned)
    {
        if (!(_heldUntil >= returned))
            _heldUntil = returned + HoldAfterLoss;
    }

    /// <summary>What leaves now, in order; an older record never stays behind a newer one.</summary>
    public IReadOnlyList<QueuedRecord> Release(DateTimeOffset now)
    {
        if (now < _heldUntil || _waiting.Count == 0)
            return [];
        _heldUntil = null;
        var due = _waiting.Where(record => record.QueuedAt + Hold <= now).ToList();
        if (due.Count == 0)
            return [];
        var newest = due.Max(record => record.CarTime);
        List<QueuedRecord> leaving =
            [.. _waiting.Where(record => record.CarTime <= newest).OrderBy(record => record.CarTime).ThenBy(record => record.Id)];
        _waiting.RemoveAll(record => record.CarTime <= newest);
        return leaving;
    }

    static DateTimeOffset Later(DateTimeOffset? a, DateTimeOffset b) => a > b ? a.Value : b;
}

/// <param name="Id">The number in the inbox.</param>
/// <param name="QueuedAt">The server's clock when it came into the queue.</param>
sealed record QueuedRecord(long Id, DateTimeOffset CarTime, DateTimeOffset QueuedAt, Records.TelemetryRecord.Data Record);
