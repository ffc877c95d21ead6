namespace TeslaMate.Vehicles.Life;

/// <summary>
/// Counts failures (vehicle chapter 13): blows with one more failure inside the window than it tolerates, and heals by itself after the reset time.
/// Forced open it does not heal.
/// </summary>
sealed record Breaker(int Tolerance, TimeSpan Window, TimeSpan Reset)
{
    /// <summary>Any errors of Tesla's API.</summary>
    public static readonly Breaker ApiErrors = new(Tolerance: 3, Window: TimeSpan.FromMinutes(10), Reset: TimeSpan.FromMinutes(5));

    /// <summary>The car's number is not known to Tesla.</summary>
    public static readonly Breaker NotFound = new(Tolerance: 8, Window: TimeSpan.FromMinutes(20), Reset: TimeSpan.FromMinutes(10));

    IReadOnlyList<DateTimeOffset> Failures { get; init; } = [];

    DateTimeOffset? BlownAt { get; init; }

    bool IsForced { get; init; }

    // In either direction, since the server's clock may be set back by hours.
    public bool IsBlown(DateTimeOffset now) => IsForced || (BlownAt is { } blown && (now - blown).Duration() < Reset);

    public Breaker Melt(DateTimeOffset now)
    {
        if (IsBlown(now))
            return this;
        IReadOnlyList<DateTimeOffset> recent = [.. Failures.Where(failure => (now - failure).Duration() < Window), now];
        return recent.Count > Tolerance
            ? this with { Failures = [], BlownAt = now }
            : this with { Failures = recent, BlownAt = null };
    }

    public Breaker ForceOpen() => this with { IsForced = true };
}
