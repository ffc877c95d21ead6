using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Channels;

/// <summary>One way out of the program. Registered as a service, one for each kind; a kind without a channel is not sent to.</summary>
public interface IChannel
{
    TargetKind Kind { get; }

    /// <summary>
    /// Makes one attempt; what goes wrong outside is a result. Only the caller's cancellation throws. The caller ends an attempt after a minute.
    /// </summary>
    Task<DeliveryResult> SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken);
}
