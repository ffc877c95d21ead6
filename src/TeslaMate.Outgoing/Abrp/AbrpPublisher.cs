using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using TeslaMate.Outgoing.Events;
using TeslaMate.Outgoing.Targets;
using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Abrp;

/// <summary>
/// Sends each car's newest values to A Better Route Planner, at its pace (spec api 4.1). It looks at the summaries every second while there is
/// somebody to send to; one request of a car at a time, so that a server that hangs holds up nobody but itself.
/// </summary>
sealed partial class AbrpPublisher(
    SummaryHub hub, AbrpChannel channel, TargetTable targets, IOutgoingEvents outgoing, TimeProvider time, Func<double> random,
    ILogger<AbrpPublisher> logger) : BackgroundService
{
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How often the owner's changes are read.</summary>
    static readonly TimeSpan Refresh = TimeSpan.FromSeconds(15);

    /// <summary>How often the table is told that all goes well, or still does not.</summary>
    static readonly TimeSpan NoteInterval = TimeSpan.FromMinutes(1);

    readonly Dictionary<int, Sender> _senders = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, time, logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        DateTimeOffset? refreshed = null;
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            do
            {
                if (_senders.Count == 0 || !(time.GetUtcNow() - refreshed < Refresh))
                {
                    refreshed = time.GetUtcNow();
                    await RefreshAsync(stoppingToken);
                }

                foreach (var sender in _senders.Values.Where(sender => sender.Request.IsCompleted))
                    StartIfDue(sender, stoppingToken);
                timer.Period = _senders.Count == 0 ? Refresh : Look;
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        finally
        {
            await Task.WhenAll(_senders.Values.Select(sender => sender.Request)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            var current = await targets.EnabledAsync([TargetKind.Abrp], cancellationToken);
            foreach (var gone in _senders.Keys.Except(current.Select(target => target.Id)).ToList())
                _senders.Remove(gone);
            foreach (var target in current)
            {
                if (!_senders.TryGetValue(target.Id, out var known) || known.IsOff)
                    _senders[target.Id] = new Sender(target);
                else if (known.Target.Settings != target.Settings || CarOf(known.Target) != CarOf(target))
                    // What was refused may be right now.
                    (known.Target, known.Pace) = (target, new AbrpPace());
            }
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            Log.Unread(logger, exception.Message);
        }
    }

    void StartIfDue(Sender sender, CancellationToken cancellationToken)
    {
        if (CarOf(sender.Target) is not { } car || hub.Current(car) is not { } summary || !sender.Pace.IsDue(summary, time.GetUtcNow()))
            return;
        sender.Request = SendAsync(sender, summary, cancellationToken);
    }

    async Task SendAsync(Sender sender, Summary summary, CancellationToken cancellationToken)
    {
        try
        {
            var (target, pace) = (sender.Target, sender.Pace);
            if (await channel.SendAsync(target, summary, cancellationToken) is not { } answer)
                return;
            var next = pace.After(answer, summary, time.GetUtcNow(), random);
            // The owner may have changed the target meanwhile, which begins anew.
            if (sender.Pace == pace)
                sender.Pace = next;
            var reason = answer switch { AbrpAnswer.Failed(var failed) => failed, AbrpAnswer.Refused(var refused) => refused, _ => null };
            await NoteAsync(sender, reason, cancellationToken);
            if (!next.IsStopped)
                return;
            Log.Stopped(logger, target.Name, reason ?? "");
            outgoing.Publish(new OutgoingEvent(
                OutgoingEvent.NewId(), EventType.IntegrationFailed, time.GetUtcNow(),
                new EventCar(summary.Car.Id, summary.DisplayName ?? summary.Car.Name),
                new JsonObject { ["reason"] = reason, ["target_id"] = target.Id, ["target"] = target.Name }));
            await targets.TurnOffAsync(target.Id, reason ?? "refused", cancellationToken);
            sender.IsOff = true;
        }
        catch (Exception exception) when (exception.IsDatabaseFailure())
        {
            Log.Unread(logger, exception.Message);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    async Task NoteAsync(Sender sender, string? reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (sender.NotedAt is { } noted && now - noted < NoteInterval && sender.Noted == reason)
            return;
        (sender.NotedAt, sender.Noted) = (now, reason);
        await targets.NoteAsync(sender.Target.Id, reason, cancellationToken);
    }

    static CarId? CarOf(OutgoingTarget target) => target.Filter.Cars is [var car] ? car : null;

    /// <summary>A target, and how far it came.</summary>
    sealed class Sender(OutgoingTarget target)
    {
        public OutgoingTarget Target { get; set; } = target;

        public AbrpPace Pace { get; set; } = new();

        public Task Request { get; set; } = Task.CompletedTask;

        /// <summary>The target was turned off; one that is on again begins anew.</summary>
        public bool IsOff { get; set; }

        public DateTimeOffset? NotedAt { get; set; }

        public string? Noted { get; set; }
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "The targets of live data are as they were read last: {Reason}")]
        public static partial void Unread(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "A Better Route Planner takes nothing more for {Target} ({Reason}); it is turned off")]
        public static partial void Stopped(ILogger logger, string target, string reason);
    }
}
