using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using TeslaMate.Logbook.News;
using TeslaMate.Vehicles;

namespace TeslaMate.Outgoing.Events;

/// <summary>
/// Publishes drives and charging processes that have begun or ended: after the commit, with the row as the API shows it. What a run had told to have
/// begun and not to have ended, the next one looks after.
/// </summary>
sealed partial class LogbookEventWatch(
    ILogbookNews news, SummaryHub hub, CarMemories memories, IEventRows rows, IOutgoingEvents outgoing, TimeProvider time,
    ILogger<LogbookEventWatch> logger) : BackgroundService
{
    static readonly RetryPolicy Retries = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>So often a row that has just ended is looked at again until its place has an address.</summary>
    const int LooksForPlace = 5;

    static readonly TimeSpan PauseForPlace = TimeSpan.FromSeconds(2);

    /// <summary>Of what ended longer ago the address is not waited for: much is written at once after an outage.</summary>
    static readonly TimeSpan Recent = TimeSpan.FromMinutes(2);

    readonly HashSet<CarId> _reconciled = [];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Job.KeepRunningAsync(FollowAsync, time, logger, stoppingToken), Job.KeepRunningAsync(ReconcileAllAsync, time, logger, stoppingToken));

    async Task FollowAsync(CancellationToken stoppingToken)
    {
        await foreach (var one in news.WatchAsync(stoppingToken))
            await RetryAsync(() => PublishAsync(one, stoppingToken), stoppingToken);
    }

    async Task PublishAsync(LogbookNews one, CancellationToken cancellationToken)
    {
        switch (one)
        {
            case LogbookNews.DriveStarted(var car, var drive):
                Started(EventType.DriveStarted, car, await rows.DriveAsync(drive, cancellationToken));
                await memories.UseAsync(car, (memory, _) => memory with { OpenDrive = drive.Value }, cancellationToken);
                break;
            case LogbookNews.DriveEnded(var car, var drive):
                await EndedAsync(EventType.DriveEnded, car, () => rows.DriveAsync(drive, cancellationToken), row => Place(row["end"]),
                    cancellationToken);
                await memories.UseAsync(car, (memory, _) => memory with { OpenDrive = null }, cancellationToken);
                break;
            case LogbookNews.DriveDiscarded(var car, _):
                await memories.UseAsync(car, (memory, _) => memory with { OpenDrive = null }, cancellationToken);
                break;
            case LogbookNews.ChargingStarted(var car, var process):
                Started(EventType.ChargeStarted, car, WithLimit(car, await rows.ChargingProcessAsync(process, cancellationToken)));
                await memories.UseAsync(car, (memory, _) => memory with { OpenProcess = process.Value }, cancellationToken);
                break;
            case LogbookNews.ChargingEnded(var car, var process):
                await ChargingEndedAsync(car, process, cancellationToken);
                break;
        }
    }

    async Task ChargingEndedAsync(CarId car, ChargingProcessId process, CancellationToken cancellationToken)
    {
        var row = await EndedAsync(EventType.ChargeEnded, car,
            async () => WithLimit(car, await rows.ChargingProcessAsync(process, cancellationToken)), Place, cancellationToken);
        // An interrupted one has ended as well: both are told, since a sum of what was charged is made of the ends.
        var summary = hub.Current(car);
        if (row is not null && summary is { IsRestored: false }
            && CarEvents.IsInterrupted(summary.ChargingState, summary.BatteryLevel ?? Level(row), summary.ChargeLimitSoc))
            Publish(EventType.ChargeInterrupted, car, row, "end");
        await memories.UseAsync(car, (memory, _) => memory with { OpenProcess = null }, cancellationToken);
    }

    void Started(EventType type, CarId car, JsonObject? row)
    {
        if (row is not null)
            Publish(type, car, row, "start");
    }

    async Task<JsonObject?> EndedAsync(
        EventType type, CarId car, Func<Task<JsonObject?>> read, Func<JsonObject, string?> place, CancellationToken cancellationToken)
    {
        var row = await read();
        for (var look = 1; look < LooksForPlace && row is not null && place(row) is null && time.GetUtcNow() - At(row, "end") < Recent; look++)
        {
            await Task.Delay(PauseForPlace, time, cancellationToken);
            row = await read();
        }

        if (row is not null)
            Publish(type, car, row, "end");
        return row;
    }

    /// <summary>Once a run and car: what was told to have begun may have ended while nobody listened.</summary>
    async Task ReconcileAllAsync(CancellationToken stoppingToken)
    {
        await foreach (var summary in hub.WatchAllAsync(stoppingToken))
        {
            if (_reconciled.Add(summary.Car.Id))
                await RetryAsync(() => ReconcileAsync(summary.Car.Id, stoppingToken), stoppingToken);
        }
    }

    async Task ReconcileAsync(CarId car, CancellationToken cancellationToken)
    {
        var known = new CarMemory();
        await memories.UseAsync(car, (memory, _) => known = memory, cancellationToken);
        if (known.OpenDrive is { } drive)
        {
            if (await rows.DriveAsync(new DriveId(drive), cancellationToken) is not { } row)
                await PublishAsync(new LogbookNews.DriveDiscarded(car, new DriveId(drive)), cancellationToken);
            else if (IsClosed(row))
                await PublishAsync(new LogbookNews.DriveEnded(car, new DriveId(drive)), cancellationToken);
        }

        if (known.OpenProcess is { } process && IsClosed(await rows.ChargingProcessAsync(new ChargingProcessId(process), cancellationToken)))
            await PublishAsync(new LogbookNews.ChargingEnded(car, new ChargingProcessId(process)), cancellationToken);
    }

    /// <summary>Goes on trying while the database is away; the news stay in their order.</summary>
    async Task RetryAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await work();
                return;
            }
            catch (Exception exception) when (exception.IsDatabaseFailure() && !cancellationToken.IsCancellationRequested)
            {
                Log.Waiting(logger, exception.Message);
            }

            await Task.Delay(Retries.Pause(attempt, Random.Shared.NextDouble()), time, cancellationToken);
        }
    }

    void Publish(EventType type, CarId car, JsonObject row, string side)
    {
        var name = hub.Current(car) is { } summary ? summary.DisplayName ?? summary.Car.Name : null;
        var at = At(row, side) ?? time.GetUtcNow();
        // The same row is the same event, however often it is told.
        outgoing.Publish(new OutgoingEvent(
            OutgoingEvent.IdOf(type, car, $"{row["id"]}|{Moments.Text(At(row, "start") ?? at)}"), type, at, new EventCar(car, name),
            (JsonObject)row.DeepClone()));
    }

    JsonObject? WithLimit(CarId car, JsonObject? row)
    {
        if (row is not null)
            row["limit_pct"] = hub.Current(car)?.ChargeLimitSoc;
        return row;
    }

    static bool IsClosed(JsonObject? row) => row?["is_open"] is JsonValue value && value.TryGetValue(out bool isOpen) && !isOpen;

    static string? Place(JsonNode? node)
        => node is JsonObject part && part["place"] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    static int? Level(JsonObject row) => row["end"] is JsonObject end && end["battery_pct"] is JsonValue value && value.TryGetValue(out int level)
        ? level : null;

    static DateTimeOffset? At(JsonObject row, string side)
        => row[side] is JsonObject part && part["at"] is JsonValue value && value.TryGetValue(out string? text)
            && DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal,
                out var at) ? at : null;

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "News of a drive or charge wait for the database: {Reason}")]
        public static partial void Waiting(ILogger logger, string reason);
    }
}
