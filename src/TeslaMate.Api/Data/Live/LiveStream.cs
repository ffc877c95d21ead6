using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
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
/// missed. Somebody who does not keep up gets the newest values, not every one.
/// </summary>
sealed class LiveStream(
    SummaryHub hub, IVehicles vehicles, SessionWatch sessions, LiveJournal journal, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>How often a sign of life is sent, and looked whether the client may still see the cars.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    static readonly TimeSpan Retry = TimeSpan.FromSeconds(3);

    /// <summary>The newest values of a car; null when it is not logged here.</summary>
    public byte[]? Newest(CarId car) => hub.Current(car) is { } summary ? Values(summary).Whole() : null;

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
        var sent = journal.Newest;
        var shown = new Dictionary<CarId, LiveValues>();
        if (lastId is { } last && journal.Since(last) is { } missed)
        {
            foreach (var entry in missed.Where(entry => mayGet(entry.Car)))
                yield return Item(entry.Type, Encoding.UTF8.GetString(entry.Json), entry.Number);
            foreach (var summary in hub.All.Where(summary => mayGet(summary.Car.Id)))
                shown[summary.Car.Id] = Values(summary);
        }
        else
        {
            foreach (var summary in hub.All.Where(summary => mayGet(summary.Car.Id)))
            {
                shown[summary.Car.Id] = Values(summary);
                yield return Item("snapshot", Encoding.UTF8.GetString(shown[summary.Car.Id].Whole()), sent);
            }
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

            var hasSent = false;
            foreach (var entry in journal.Since(sent)?.Where(entry => entry.Type != "change" && mayGet(entry.Car)).ToList() ?? [])
            {
                hasSent = true;
                yield return Item(entry.Type, Encoding.UTF8.GetString(entry.Json), entry.Number);
            }

            sent = journal.Newest;
            foreach (var summary in hub.All.Where(summary => mayGet(summary.Car.Id)))
            {
                var values = Values(summary);
                var text = shown.TryGetValue(summary.Car.Id, out var before) ? values.ChangesSince(before) : values.Whole();
                shown[summary.Car.Id] = values;
                if (text is not { } changes)
                    continue;
                hasSent = true;
                yield return Item(before is null ? "snapshot" : "change", Encoding.UTF8.GetString(changes), sent);
            }

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

    LiveValues Values(Summary summary) => LiveValues.Of(summary, vehicles.Health.FirstOrDefault(health => health.Car == summary.Car.Id),
        time.GetUtcNow());

    static SseItem<string> Item(string type, string data, long number)
        => new(data, type) { EventId = number.ToString(CultureInfo.InvariantCulture), ReconnectionInterval = Retry };
}

/// <summary>What a stream can be told again.</summary>
/// <param name="Type"><c>change</c>, <c>drive</c>, <c>charge</c> or <c>update</c>.</param>
sealed record LiveEntry(long Number, DateTimeOffset At, CarId Car, string Type, byte[] Json);

/// <summary>Follows all cars, once for all clients, and keeps the changes of the last five minutes.</summary>
sealed class LiveJournal(SummaryHub hub, IVehicles vehicles, [FromKeyedServices(WebDatabase.Programs)] NpgsqlDataSource database, TimeProvider time)
    : BackgroundService
{
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    /// <summary>At most so many entries, however much happens.</summary>
    const int Most = 5000;

    readonly Lock _lock = new();
    readonly LinkedList<LiveEntry> _entries = [];
    readonly HashSet<Action> _listeners = [];

    // Numbers of an earlier run are smaller than all of this one, so that nobody goes on from there.
    long _number = time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The number of the newest entry, or the one that this run began with.</summary>
    public long Newest
    {
        get
        {
            lock (_lock)
                return _number;
        }
    }

    /// <summary>What came after an entry; null when that is not known any more, or never was.</summary>
    public IReadOnlyList<LiveEntry>? Since(long number)
    {
        lock (_lock)
        {
            Forget();
            return number == _number ? [] : number < _number && _entries.First?.Value.Number <= number + 1
                ? [.. _entries.Where(entry => entry.Number > number)] : null;
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var known = new Dictionary<CarId, (Summary Summary, LiveValues Values)>();
        await foreach (var summary in hub.WatchAllAsync(stoppingToken))
        {
            var car = summary.Car.Id;
            var values = LiveValues.Of(summary, vehicles.Health.FirstOrDefault(health => health.Car == car), time.GetUtcNow());
            if (known.TryGetValue(car, out var before))
            {
                if (values.ChangesSince(before.Values) is { } changes)
                    Add(car, "change", changes);
                foreach (var (type, phase, table) in Turns(before.Summary.State, summary.State))
                    Add(car, type, await TurnAsync(car, phase, table, stoppingToken));
            }
            else
                Tell();
            known[car] = (summary, values);
        }
    }

    void Add(CarId car, string type, byte[] json)
    {
        lock (_lock)
        {
            _entries.AddLast(new LiveEntry(++_number, time.GetUtcNow(), car, type, json));
            Forget();
        }

        Tell();
    }

    void Tell()
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
