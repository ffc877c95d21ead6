using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using TeslaMate.Outgoing.Channels;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;

namespace TeslaMate.Outgoing.Deliveries;

/// <summary>
/// Sends what is due, to several targets at once and to each of them one after the other. An attempt whose end could not be written down is
/// repeated: receivers get an event at least once.
/// </summary>
sealed partial class DeliveryWorker : BackgroundService
{
    /// <summary>Targets that are sent to at once.</summary>
    const int MostAtOnce = 8;

    // What another instance stored, or a lease that ran out, is seen then.
    static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);

    static readonly RetryPolicy Retries = new(ShortestWait, LongestWait);

    static readonly TimeSpan TidyInterval = TimeSpan.FromHours(1);

    readonly DeliveryTable _table;
    readonly Dictionary<TargetKind, IChannel> _channels;
    readonly DeliverySignal _signal;
    readonly OutgoingCounters _counters;
    readonly IOutgoingEvents _events;
    readonly TimeProvider _time;
    readonly Func<double> _random;
    readonly ILogger<DeliveryWorker> _logger;

    /// <param name="random">Gives numbers from 0 up to 1.</param>
    public DeliveryWorker(
        DeliveryTable table, IEnumerable<IChannel> channels, DeliverySignal signal, OutgoingCounters counters, IOutgoingEvents events,
            TimeProvider time,
        ILogger<DeliveryWorker> logger, Func<double> random)
    {
        (_table, _signal, _counters, _events, _time, _logger, _random) = (table, signal, counters, events, time, logger, random);
        _channels = channels.ToDictionary(channel => channel.Kind);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, _time, _logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        List<Task> running = [];
        DateTimeOffset? tidied = null;
        var failures = 0;
        try
        {
            while (true)
            {
                running.RemoveAll(attempt => attempt.IsCompleted);
                var wait = LongestWait;
                try
                {
                    var now = _time.GetUtcNow();
                    foreach (var delivery in await _table.ClaimAsync(_channels.Keys, MostAtOnce - running.Count, now, stoppingToken))
                        running.Add(AttemptAsync(delivery, stoppingToken));
                    var outlook = await _table.OutlookAsync(now, stoppingToken);
                    _counters.Outlook = outlook;
                    if (tidied is null || now - tidied >= TidyInterval)
                    {
                        await _table.TidyAsync(now, stoppingToken);
                        tidied = now;
                    }

                    if (outlook.NextDue is { } due)
                        wait = TimeSpan.FromTicks(Math.Clamp((due - now).Ticks, ShortestWait.Ticks, LongestWait.Ticks));
                    failures = 0;
                }
                catch (Exception exception) when (exception.IsDatabaseFailure())
                {
                    Log.DatabaseAway(_logger, exception.Message);
                    wait = Retries.Pause(failures++, _random());
                }

                await _signal.WaitAsync(wait, _time, stoppingToken);
            }
        }
        finally
        {
            await Task.WhenAll(running);
        }
    }

    /// <summary>Never fails: what goes wrong belongs to the delivery.</summary>
    async Task AttemptAsync(ClaimedDelivery delivery, CancellationToken stoppingToken)
    {
        // Of the rest of the loop's turn, which is short.
        await Task.Yield();
        try
        {
            if (await SendAsync(delivery, stoppingToken) is { } result)
                await FinishAsync(delivery, result, stoppingToken);
            else
                await _table.ReleaseAsync(delivery, CancellationToken.None);
        }
        catch (Exception exception) when (exception is OperationCanceledException || exception.IsDatabaseFailure())
        {
            // The lease runs out by itself, and the delivery is due again.
            Log.NotWritten(_logger, delivery.Id, delivery.TargetName, exception.Message);
        }
        catch (Exception exception)
        {
            Log.Bug(_logger, delivery.Id, exception);
        }

        _signal.Set();
    }

    /// <summary>Null when the program stops meanwhile.</summary>
    async Task<DeliveryResult?> SendAsync(ClaimedDelivery delivery, CancellationToken stoppingToken)
    {
        if (delivery.Target is not { } target)
            return new DeliveryResult.TryAgain(null, ChannelAttempt.UnreadableSecrets);

        OutgoingEvent happened;
        try
        {
            happened = OutgoingEvent.FromBody(delivery.Body);
        }
        catch (JsonException)
        {
            return new DeliveryResult.Refused("the stored event cannot be read");
        }

        try
        {
            return await ChannelAttempt.SendAsync(_channels[target.Kind], target, happened, ChannelAttempt.Longest, _time, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception)
        {
            // Its message may well repeat what was sent.
            Log.ChannelFailed(_logger, target.Kind, exception.GetType());
            return new DeliveryResult.TryAgain(null, "internal error, see the log");
        }
    }

    async Task FinishAsync(ClaimedDelivery delivery, DeliveryResult result, CancellationToken stoppingToken)
    {
        var now = _time.GetUtcNow();
        var verdict = Verdict.Of(delivery, result, now, _random);
        // What has arrived is written down also while the program stops, or it would be sent again.
        var writing = result is DeliveryResult.Delivered ? CancellationToken.None : stoppingToken;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await _table.FinishAsync(delivery, verdict, now, writing);
                break;
            }
            catch (Exception exception) when (exception.IsDatabaseFailure() && attempt < 3 && !stoppingToken.IsCancellationRequested)
            {
                await Task.Delay(Retries.Pause(attempt, _random()), _time, stoppingToken);
            }
        }

        if (verdict.Error is null)
            _counters.Delivered();
        else
        {
            _counters.Failed();
            Log.Failed(_logger, delivery.TargetName, delivery.Attempts + 1, verdict.Error);
        }

        if (verdict.OffReason is { } reason)
        {
            Log.TurnedOff(_logger, delivery.TargetId, delivery.TargetName, reason);
            _events.Publish(new OutgoingEvent(
                OutgoingEvent.IdOf(EventType.IntegrationFailed, null, string.Create(CultureInfo.InvariantCulture, $"delivery {delivery.Id}")),
                EventType.IntegrationFailed, now, null,
                new JsonObject { ["reason"] = reason, ["target_id"] = delivery.TargetId, ["target"] = delivery.TargetName }));
        }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Deliveries wait for the database: {Reason}")]
        public static partial void DatabaseAway(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "Attempt {Attempt} to tell {Target} of an event failed: {Reason}")]
        public static partial void Failed(ILogger logger, string target, int attempt, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Target {Id} ({Target}) is turned off: {Reason}")]
        public static partial void TurnedOff(ILogger logger, int id, string target, string reason);

        [LoggerMessage(Level = LogLevel.Warning,
            Message = "How delivery {Id} to {Target} ended could not be written down; it may be repeated: {Reason}")]
        public static partial void NotWritten(ILogger logger, long id, string target, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Delivery {Id} failed by a fault of the program")]
        public static partial void Bug(ILogger logger, long id, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "The channel {Kind} failed by a fault of the program: {Type}")]
        public static partial void ChannelFailed(ILogger logger, TargetKind kind, Type type);
    }
}
