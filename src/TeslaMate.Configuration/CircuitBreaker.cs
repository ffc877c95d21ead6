namespace TeslaMate.Configuration;

/// <summary>
/// Counts failures: opens with one more inside the window than it tolerates, and closes by itself after the reset time. A value without a clock:
/// "now" is an argument, so that a pure rule can hold it. Forced open it does not close.
/// </summary>
/// <param name="Tolerance">How many failures within the window are forgiven.</param>
/// <param name="Window">A failure exactly so old does not count any more.</param>
/// <param name="Reset">How long it stays open; without end by default.</param>
public sealed record CircuitBreaker(int Tolerance, TimeSpan Window, TimeSpan Reset)
{
    IReadOnlyList<DateTimeOffset> Failures { get; init; } = [];

    DateTimeOffset? OpenedAt { get; init; }

    bool IsForced { get; init; }

    /// <summary>Whether what it guards is to be left alone.</summary>
    // In either direction, since the server's clock may be set back by hours.
    public bool IsOpen(DateTimeOffset now) => IsForced || (OpenedAt is { } opened && (now - opened).Duration() < Reset);

    /// <summary>After a failure; while it is open, nothing is counted.</summary>
    public CircuitBreaker RecordFailure(DateTimeOffset now)
    {
        if (IsOpen(now))
            return this;
        IReadOnlyList<DateTimeOffset> recent = [.. Failures.Where(failure => (now - failure).Duration() < Window), now];
        return recent.Count > Tolerance
            ? this with { Failures = [], OpenedAt = now }
            : this with { Failures = recent, OpenedAt = null };
    }

    /// <summary>After a success that proves all earlier failures wrong.</summary>
    public CircuitBreaker RecordSuccess() => this with { Failures = [], OpenedAt = null };

    /// <summary>Open until it is replaced.</summary>
    public CircuitBreaker ForceOpen() => this with { IsForced = true };
}
