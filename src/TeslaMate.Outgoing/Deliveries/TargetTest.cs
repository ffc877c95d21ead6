using System.Text.Json.Nodes;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Deliveries;

/// <summary>Sends a test event to a target, turned on or not, while somebody waits for how it ends.</summary>
public sealed class TargetTest(TargetTable targets, DeliveryTable deliveries, IEnumerable<IChannel> channels, TimeProvider time)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>How it ended; null when there is no such target.</summary>
    public async Task<DeliveryResult?> SendAsync(int id, CancellationToken cancellationToken)
    {
        if (await targets.FindAsync(id, cancellationToken) is not { } listed)
            return null;
        if (await targets.RevealAsync(id, cancellationToken) is not { } target)
            return new DeliveryResult.Refused(ChannelAttempt.UnreadableSecrets);
        if (channels.FirstOrDefault(channel => channel.Kind == listed.Kind) is not { } channel)
            return new DeliveryResult.Refused("this kind of target is not available in this installation");
        var test = new OutgoingEvent(OutgoingEvent.NewId(), EventType.Test, time.GetUtcNow(), null, new JsonObject { ["target"] = target.Name });
        var result = await ChannelAttempt.SendAsync(channel, target, test, Limit, time, cancellationToken);
        var error = result switch
        {
            DeliveryResult.TryAgain(_, var reason) => reason,
            DeliveryResult.Refused(var reason) => reason,
            DeliveryResult.Gone(var reason) => reason,
            _ => null,
        };
        // A test neither begins nor ends a time of failures; it is seen among the deliveries.
        await deliveries.RecordAsync(id, test, error, time.GetUtcNow(), cancellationToken);
        return error is null ? result : new DeliveryResult.Refused(error);
    }
}
