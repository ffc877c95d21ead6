using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using TeslaMate.Outgoing.Deliveries;

namespace TeslaMate.Outgoing.Events;

/// <summary>Takes events in, and stores them one after the other for the targets that want them.</summary>
sealed partial class EventQueue : BackgroundService, IOutgoingEvents
{
    /// <summary>What waits for the database at most; an event is about a kilobyte.</summary>
    public const int Capacity = 1000;

    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(1), Longest: TimeSpan.FromMinutes(1));

    readonly Channel<OutgoingEvent> _events;
    readonly DeliveryTable _table;
    readonly DeliverySignal _signal;
    readonly OutgoingCounters _counters;
    readonly TimeProvider _time;
    readonly ILogger<EventQueue> _logger;

    // Stays here until it is stored: what is taken out of the channel cannot be put back in front.
    OutgoingEvent? _atHand;

    public EventQueue(DeliveryTable table, DeliverySignal signal, OutgoingCounters counters, TimeProvider time, ILogger<EventQueue> logger)
    {
        (_table, _signal, _counters, _time, _logger) = (table, signal, counters, time, logger);
        _events = Channel.CreateBounded<OutgoingEvent>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            lost =>
            {
                _counters.Lost();
                Log.Lost(_logger, lost.Type, Capacity);
            });
    }

    public void Publish(OutgoingEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        _events.Writer.TryWrite(happened);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            while (Next() is { } happened)
                await StoreAsync(happened, cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException || exception.IsDatabaseFailure())
        {
            Log.NotStored(_logger, _events.Reader.Count + 1);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Job.KeepRunningAsync(RunAsync, _time, _logger, stoppingToken);

    async Task RunAsync(CancellationToken stoppingToken)
    {
        do
        {
            for (var failures = 0; Next() is { } happened;)
            {
                try
                {
                    await StoreAsync(happened, stoppingToken);
                    failures = 0;
                }
                catch (Exception exception) when (exception.IsDatabaseFailure())
                {
                    if (failures == 0)
                        Log.Waiting(_logger, exception.Message);
                    await Task.Delay(Retries.Pause(failures++, Random.Shared.NextDouble()), _time, stoppingToken);
                }
            }
        }
        while (await _events.Reader.WaitToReadAsync(stoppingToken));
    }

    OutgoingEvent? Next() => _atHand ??= _events.Reader.TryRead(out var next) ? next : null;

    async Task StoreAsync(OutgoingEvent happened, CancellationToken cancellationToken)
    {
        try
        {
            if (await _table.StoreAsync(happened, _time.GetUtcNow(), _time.LocalTimeZone, cancellationToken) > 0)
                _signal.Set();
        }
        catch (PostgresException exception) when (!exception.IsTransient)
        {
            // It would be refused again, and the others behind it wait.
            _counters.Lost();
            Log.Refused(_logger, happened.Type, exception);
        }

        _atHand = null;
    }

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "An event ({Type}) is lost: more than {Capacity} wait for the database")]
        public static partial void Lost(ILogger logger, EventType type, int capacity);

        [LoggerMessage(Level = LogLevel.Warning, Message = "{Events} events could not be stored before the stop")]
        public static partial void NotStored(ILogger logger, int events);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Events wait for the database: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "An event ({Type}) is lost: the database refused it")]
        public static partial void Refused(ILogger logger, EventType type, Exception exception);
    }
}
