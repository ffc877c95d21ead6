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

    static readonly TimeSpan LongestAttempt = TimeSpan.FromMinutes(1);

    volatile IReadOnlyList<OutgoingTarget> _known = [];

    /// <summary>Reads the targets.</summary>
    /// <exception cref="NpgsqlException">The database is away; those of before stay.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        List<OutgoingTarget> read = [];
        foreach (var kind in TargetKinds.All.Where(kind => kind.TakesEvents()))
            read.AddRange(await targets.EnabledAsync(kind, cancellationToken));
        _known = read;
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
            if (await AttemptAsync(channel, target, happened, cancellationToken) is not DeliveryResult.TryAgain(_, var reason))
                return;
            var words = target.Settings.Strike(reason);
            Log.Failed(logger, target.Name, attempt + 1, words);
            if (attempt == Pauses.Length)
                return;
            await Task.Delay(Pauses[attempt], time, cancellationToken);
        }
    }

    async Task<DeliveryResult> AttemptAsync(IChannel channel, OutgoingTarget target, OutgoingEvent happened, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LongestAttempt, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await channel.SendAsync(target, happened, stop.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DeliveryResult.TryAgain(null, $"no answer within {LongestAttempt.TotalSeconds:0} s");
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Attempt {Attempt} to tell {Target} that the database is away failed: {Reason}")]
        public static partial void Failed(ILogger logger, string target, int attempt, string reason);
    }
}
