using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Deliveries;

public enum DeliveryState
{
    Pending,
    Delivered,
    Failed,

    /// <summary>Too many waited, or the target was turned off.</summary>
    Dropped,
}

/// <summary>One event on its way to one target, as pages and API show it.</summary>
/// <param name="EventType">The name of the event.</param>
/// <param name="NextAt">When it is tried next; null when it is not.</param>
/// <param name="LastError">In words, without secrets; null when nothing went wrong.</param>
public sealed record DeliveryRecord(
    long Id, string EventId, string EventType, CarId? Car, DateTimeOffset OccurredAt, DeliveryState State, int Attempts, DateTimeOffset? NextAt,
    string? LastError, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt);

/// <summary>A delivery that this instance has to attempt now.</summary>
/// <param name="ClaimId">Proves that it is this instance's turn.</param>
/// <param name="Target">Null when its secrets cannot be read with the key of today.</param>
/// <param name="Attempts">Those that failed before.</param>
/// <param name="FailingSince">Since when nothing went well for the target; null while it does.</param>
sealed record ClaimedDelivery(
    long Id, string ClaimId, int TargetId, string TargetName, OutgoingTarget? Target, string Body, int Attempts, DateTimeOffset? FailingSince);

/// <summary>What becomes of a delivery and its target after an attempt.</summary>
/// <param name="State">Pending when it is tried again at <paramref name="NextAt"/>.</param>
/// <param name="Error">What went wrong; null for nothing.</param>
/// <param name="OffReason">Why the target is turned off; null when it is not.</param>
sealed record Verdict(DeliveryState State, DateTimeOffset? NextAt, string? Error, string? OffReason)
{
    const int LongestError = 300;

    public static Verdict Of(ClaimedDelivery delivery, DeliveryResult result, DateTimeOffset now, Func<double> random)
    {
        switch (result)
        {
            case DeliveryResult.TryAgain(var after, var reason):
                var next = RetrySchedule.Pause(delivery.Attempts + 1, after, random) is { } pause ? now + pause : (DateTimeOffset?)null;
                return new(next is null ? DeliveryState.Failed : DeliveryState.Pending, next, Cut(reason), Off(reason));
            case DeliveryResult.Refused(var reason):
                return new(DeliveryState.Failed, null, Cut(reason), Off(reason));
            case DeliveryResult.Gone(var reason):
                return new(DeliveryState.Failed, null, Cut(reason), Cut(reason));
            default:
                return new(DeliveryState.Delivered, null, null, null);
        }

        string? Off(string reason)
            => now - delivery.FailingSince >= RetrySchedule.GiveUpAfter
                ? Cut($"no success for {RetrySchedule.GiveUpAfter.TotalDays:0} days: {reason}")
                : null;
    }

    static string Cut(string reason) => reason.Length <= LongestError ? reason : reason[..LongestError] + "…";
}
