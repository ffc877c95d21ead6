namespace TeslaMate.Outgoing.Targets;

/// <summary>A target as its channel gets it, with its secrets.</summary>
/// <param name="Id">In <c>outgoing_targets</c>.</param>
/// <param name="Name">The owner's word for it.</param>
public sealed record OutgoingTarget(int Id, string Name, TargetSettings Settings, EventFilter Filter, QuietHours? QuietHours)
{
    public TargetKind Kind => Settings.Kind;
}

/// <summary>A target as pages and API show it: secrets are known by their names alone.</summary>
/// <param name="Id">In <c>outgoing_targets</c>.</param>
/// <param name="Name">The owner's word for it.</param>
/// <param name="Values">Of the fields that are no secrets (<see cref="TargetSettings.FieldsOf"/>).</param>
/// <param name="SecretNames">The fields of secrets that are set.</param>
public sealed record ListedTarget(
    int Id, TargetKind Kind, string Name, bool IsEnabled, IReadOnlyDictionary<string, string> Values, IReadOnlySet<string> SecretNames,
    EventFilter Filter, QuietHours? QuietHours)
{
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null while nothing was delivered.</summary>
    public DateTimeOffset? LastSuccessAt { get; init; }

    /// <summary>Null while nothing went wrong.</summary>
    public DateTimeOffset? LastErrorAt { get; init; }

    /// <summary>In words, without secrets.</summary>
    public string? LastError { get; init; }

    /// <summary>Since when nothing went well; null while it does.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>Why the program itself turned it off; null when it did not.</summary>
    public string? OffReason { get; init; }

    /// <summary>How many events wait for it.</summary>
    public int Waiting { get; init; }
}
