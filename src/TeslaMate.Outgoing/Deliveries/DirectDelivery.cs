using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Deliveries;

/// <summary>
/// Sends what is to be told of the database past the queue in it, to the targets as they were last known: that it does not answer is no news any
/// more once it does.
/// </summary>
sealed partial class DirectDelivery(TargetTable targets, IEnumerable<IChannel> channels, TimeProvider time, ILogger<DirectDelivery> logger)
{
    static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5)];

    volatile IReadOnlyList<OutgoingTarget> _known = [];

    /// <summary>Reads the targets.</summary>
    /// <exception cref="NpgsqlException">The database is away; those of before stay.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        _known = await targets.EnabledAsync(TargetKinds.All.Where(kind => kind.TakesEvents()), cancellationToken);
    }

    /// <summary>Sends an event to all targets that want it, to each at most as often as there are pauses, and once more.</summary>
    public Task SendAsync(OutgoingEvent happened, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return Task.WhenAll(_known
            .Where(target => DeliveryRules.SendAt(target.Kind, target.Filter, target.QuietHours, happened, null, now, time.LocalTimeZone) <= now)
            .Select(target => SendAsync(target, happened, cancellationToken)));
    }

    async Task SendAsync(OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        if (channels.FirstOrDefault(channel => channel.Kind == target.Kind) is not { } channel)
            return;
        for (var attempt = 0; ; attempt++)
        {
            var result = await ChannelAttempt.SendAsync(channel, target, happened, ChannelAttempt.Longest, time, cancellationToken);
            if (result is not DeliveryResult.TryAgain(_, var reason))
                return;
            Log.Failed(logger, target.Name, attempt + 1, reason);
            if (attempt == Pauses.Length)
                return;
            await Task.Delay(Pauses[attempt], time, cancellationToken);
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Attempt {Attempt} to tell {Target} that the database is away failed: {Reason}")]
        public static partial void Failed(ILogger logger, string target, int attempt, string reason);
    }
}
