using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Deliveries;

/// <summary>One attempt by a channel, in a limited time.</summary>
static class ChannelAttempt
{
    /// <summary>Why there is no attempt at a target that was stored with another key.</summary>
    public const string UnreadableSecrets =
        "the secrets of this target cannot be read with the ENCRYPTION_KEY of today: enter them again, or bring the old key back";

    /// <summary>The longest attempt, whatever the channel thinks.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Sends an event once. The reason of what went wrong has none of the target's secrets.</summary>
    /// <exception cref="OperationCanceledException">The caller's cancellation.</exception>
    public static async Task<DeliveryResult> SendAsync(
        IChannel channel, OutgoingTarget target, OutgoingEvent happened, TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return (await channel.SendAsync(target, happened, stop.Token)).WithReason(target.Settings.Strike);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryResult.TryAgain(null, $"no answer within {longest.TotalSeconds:0} s");
        }
    }
}
