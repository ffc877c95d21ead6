using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using TeslaMate.Configuration;
using TeslaMate.Database;
using TeslaMate.Logbook;
using TeslaMate.Vehicles;
using TeslaMate.Web;
using TeslaMate.Web.LogIn;

namespace TeslaMate.Api.Data.Live;

/// <summary>
/// The live values as events (spec api 2.4). What happened in the last five minutes is kept, numbered, so that a client that was away gets what it
/// missed. Somebody who does not keep up gets the newest values, not every one. Of events that are sent together only the last has a number: who goes
/// away between them is told all of them again, and misses none.
/// </summary>
sealed class LiveStream(
    SummaryHub hub, IVehicles vehicles, SessionWatch sessions, LiveJournal journal, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>How often a sign of life is sent, and looked whether the client may still see the cars.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    static readonly TimeSpan Retry = TimeSpan.FromSeconds(3);

    /// <summary>The newest values of a car; null when it is not logged here.</summary>
    public byte[]? Newest(CarId car) => hub.Current(car) is { } summary
        ? LiveValues.Of(summary, LiveAnswers.Of(vehicles.HealthOf(car), time.GetUtcNow())).Whole() : null;

    /// <summary>The newest values of the cars, then each change, until the client leaves or may no longer see them.</summary>
    /// <param name="mayGet">Which cars the client gets.</param>
    /// <param name="lastId">The number of the last event that it has; null for a new one.</param>
    /// <param name="interval">Between two changes of a car.</param>
    public async IAsyncEnumerable<SseItem<string>> WatchAsync(
        HttpContext http, Func<CarId, bool> mayGet, long? lastId, TimeSpan interval, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        var changed = new AsyncAutoResetEvent();
        using var subscription = journal.Subscribe(changed.Set);
        var news = journal.Since(lastId);
        var shown = news.Cars.Where(car => mayGet(car.Car)).ToDictionary(car => car.Car, car => car.Values);
        if (news.Missed is { } missed)
        {
            foreach (var entry in missed.Where(entry => mayGet(entry.Car)))
                yield return Item(entry.Type, entry.Json, entry.Number);
        }
        else
        {
            foreach (var item in Numbered([.. shown.Values.Select(values => ("snapshot", values.Whole()))], news.Number))
                yield return item;
        }

        var checkedAt = time.GetTimestamp();
        var alive = time.GetTimestamp();
        while (!ending.IsCancellationRequested)
        {
            if (!await WaitAsync(Silence - time.GetElapsedTime(alive)))
                yield break;
            if (time.GetElapsedTime(checkedAt) >= Silence)
            {
                if (!await sessions.IsStillInsideAsync(http, ending.Token))
                    yield break;
                checkedAt = time.GetTimestamp();
            }

            news = journal.Since(news.Number);
            var events = (news.Missed ?? []).Where(entry => entry.Type != "change" && mayGet(entry.Car))
                .Select(entry => (entry.Type, entry.Json)).ToList();
            foreach (var (car, values) in news.Cars.Where(car => mayGet(car.Car)))
            {
                if (!shown.TryGetValue(car, out var before))
                    events.Add(("snapshot", values.Whole()));
                else if (values.ChangesSince(before) is { } changes)
                    events.Add(("change", changes));
                shown[car] = values;
            }

            foreach (var item in Numbered(events, news.Number))
                yield return item;
            var hasSent = events.Count > 0;
            if (!hasSent && time.GetElapsedTime(alive) >= Silence)
                yield return new SseItem<string>("", "ping");
            if (hasSent || time.GetElapsedTime(alive) >= Silence)
                alive = time.GetTimestamp();
            await Task.Delay(interval, time, ending.Token);
        }

        // True when something happened, or the time is over; false when the client is gone.
        async Task<bool> WaitAsync(TimeSpan longest)
        {
            try
            {
                await changed.WaitAsync(longest > TimeSpan.Zero ? longest : TimeSpan.Zero, time, ending.Token);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }

    static IEnumerable<SseItem<string>> Numbered(List<(string Type, byte[] Json)> events, long number)
        => events.Select((item, index) => Item(item.Type, item.Json, index == events.Count - 1 ? number : null));

    static SseItem<string> Item(string type, byte[] json, long? number) => new(Encoding.UTF8.GetString(json), type)
    {
        EventId = number?.ToString(CultureInfo.InvariantCulture),
        ReconnectionInterval = Retry,
    };
}

/// <summary>What a stream can be told again.</summary>
/// <param name="Type"><c>change</c>, <c>drive</c>, <c>charge</c> or <c>update</c>.</param>
sealed record LiveEntry(long Number, DateTimeOffset At, CarId Car, string Type, byte[] Json);

/// <summary>What the journal holds at one moment.</summary>
/// <param name="Number">The number of the newest entry, or the one that this run began with.</param>
/// <param name="Cars">What each car tells, with all entries up to that number and none after, in the order of lists.</param>
/// <param name="Missed">The entries after the one that was asked for; null when that is not known any more, or never was.</param>
sealed record LiveNews(long Number, IReadOnlyList<(CarId Car, LiveValues Values)> Cars, IReadOnlyList<LiveEntry>? Missed);

/// <summary>Follows all cars, once for all clients, and keeps the changes of the last five minutes.</summary>
sealed class LiveJournal(SummaryHub hub, IVehicles vehicles, [FromKeyedServices(WebDatabase.Programs)] NpgsqlDataSource database, TimeProvider time,
    ILogger<LiveJournal> logger) : BackgroundService
{
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    /// <summary>How often it is looked whether values have become old without a word of the car.</summary>
    static readonly TimeSpan Ageing = TimeSpan.FromSeconds(15);

    /// <summary>At most so many entries, however much happens.</summary>
    const int Most = 5000;

    readonly Lock _lock = new();
    readonly Dictionary<CarId, (Summary Summary, LiveAnswers Answers, LiveValues Values)> _cars = [];
    readonly LinkedList<LiveEntry> _entries = [];
    readonly HashSet<Action> _listeners = [];

    // Numbers of an earlier run are smaller than all of this one, so that nobody goes on from there.
    long _number = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>What the cars tell now, and what came after an entry.</summary>
    /// <param name="number">The entry's number; null for who has none.</param>
    public LiveNews Since(long? number)
    {
        lock (_lock)
        {
            Forget();
            IReadOnlyList<LiveEntry>? missed = number == _number ? []
                : number < _number && _entries.First?.Value.Number <= number + 1 ? [.. _entries.Where(entry => entry.Number > number)] : null;
            return new LiveNews(_number,
                [.. hub.All.Select(summary => summary.Car.Id).Where(_cars.ContainsKey).Select(car => (car, _cars[car].Values))], missed);
        }
    }

    /// <summary>Calls back after each entry, from whoever made it, until it is disposed of.</summary>
    public IDisposable Subscribe(Action listener)
    {
        lock (_lock)
            _listeners.Add(listener);
        return new Subscription(() =>
        {
            lock (_lock)
                _listeners.Remove(listener);
        });
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        Job.KeepRunningAsync(FollowAsync, time, logger, stoppingToken),
        Job.KeepRunningAsync(AgeAsync, time, logger, stoppingToken));

    async Task FollowAsync(CancellationToken cancellationToken)
    {
        await foreach (var summary in hub.WatchAllAsync(cancellationToken))
        {
            var before = Take(summary);
            foreach (var (type, phase, table) in before is null ? [] : Turns(before.State, summary.State))
            {
                var turn = await TurnAsync(summary.Car.Id, phase, table, cancellationToken);
                lock (_lock)
                    Add(summary.Car.Id, type, turn);
                NotifyListeners();
            }
        }
    }

    async Task AgeAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Ageing, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            List<Summary> summaries;
            lock (_lock)
                summaries = [.. _cars.Values.Select(car => car.Summary).Where(summary => hub.Current(summary.Car.Id) is not null)];
            foreach (var summary in summaries)
                Take(summary, isAgeing: true);
        }
    }

    // The car's summary before, null for the first. Values and number change together.
    Summary? Take(Summary summary, bool isAgeing = false)
    {
        var car = summary.Car.Id;
        var answers = LiveAnswers.Of(vehicles.HealthOf(car), time.GetUtcNow());
        (Summary Summary, LiveAnswers Answers, LiveValues Values) before;
        bool isKnown;
        lock (_lock)
        {
            isKnown = _cars.TryGetValue(car, out before);
            // A newer summary came meanwhile.
            if (isAgeing && !ReferenceEquals(before.Summary, summary))
                return before.Summary;
            // A parked car says the same again and again.
            if (isKnown && before.Answers == answers && before.Summary == summary)
                return before.Summary;
            var values = LiveValues.Of(summary, answers);
            _cars[car] = (summary, answers, values);
            if (isKnown)
            {
                if (values.ChangesSince(before.Values) is not { } changes)
                    return before.Summary;
                Add(car, "change", changes);
            }
        }

        NotifyListeners();
        return isKnown ? before.Summary : null;
    }

    // Under the lock.
    void Add(CarId car, string type, byte[] json)
    {
        _entries.AddLast(new LiveEntry(++_number, time.GetUtcNow(), car, type, json));
        Forget();
    }

    void NotifyListeners()
    {
        Action[] listeners;
        lock (_lock)
            listeners = [.. _listeners];
        foreach (var listener in listeners)
            listener();
    }

    void Forget()
    {
        while (_entries.First is { } first && (_entries.Count > Most || time.GetUtcNow() - first.Value.At > Kept))
            _entries.RemoveFirst();
    }

    static IEnumerable<(string Type, string Phase, string Table)> Turns(VehicleStateName before, VehicleStateName now)
    {
        foreach (var (state, type, table) in ((VehicleStateName, string, string)[])
            [(VehicleStateName.Driving, "drive", "drives"), (VehicleStateName.Charging, "charge", "charging_processes"),
                (VehicleStateName.Updating, "update", "updates")])
        {
            // A car that drives out of reach drives on.
            if (before != state && now == state)
                yield return (type, "start", table);
            else if (before == state && now != state && now != VehicleStateName.Offline)
                yield return (type, "end", table);
        }
    }

    async Task<byte[]> TurnAsync(CarId car, string phase, string table, CancellationToken cancellationToken)
    {
        int? id = null;
        try
        {
            await using var command = database.CreateCommand(
                $"select id from public.{table} where car_id = $1 order by start_date desc, id desc limit 1");
            command.Parameters.Add(Value.Of(car.Value));
            id = await command.ExecuteScalarAsync(cancellationToken) as int?;
        }
        catch (NpgsqlException)
        {
            // Live values go on while the database is away.
        }

        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"car_id":{{car.Value}},"phase":"{{phase}}","id":{{id?.ToString(CultureInfo.InvariantCulture) ?? "null"}}}"""));
    }

    sealed class Subscription(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
