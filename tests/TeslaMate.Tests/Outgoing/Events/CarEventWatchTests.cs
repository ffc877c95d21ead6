using TeslaMate.Logbook;
using TeslaMate.Outgoing.Events;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Tests.Time;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Outgoing.Events;

/// <summary>The watch over the cars as it runs in the program: summaries in, events out, memories kept in the database.</summary>
public sealed class CarEventWatchTests : IAsyncLifetime
{
    readonly ManualTime _time = new();
    readonly RecordedEvents _events = new();
    readonly OneByOne _vehicles = new();
    LogbookDatabase _database = null!;

    public async Task InitializeAsync() => _database = await LogbookDatabase.CreateMigratedAsync();

    public async Task DisposeAsync() => await _database.DisposeAsync();

    static Summary Parked => ASummary.Online() with
    {
        BatteryLevel = 60,
        ShiftState = "P",
        IsUserPresent = false,
        DoorsOpen = false,
        WindowsOpen = false,
        TrunkOpen = false,
        FrunkOpen = false,
    };

    async Task<CarEventWatch> StartAsync(SummaryHub hub)
    {
        var watch = new CarEventWatch(hub, _vehicles, new CarMemories(new EventMemories(_database.DataSource, _time), _time), _events,
            new EventSettings(), _time, new RecordedLog().For<CarEventWatch>());
        await watch.StartAsync(CancellationToken.None);
        return watch;
    }

    async Task<string> MemoryAsync()
        => await _database.ScalarAsync<string>(
            "select coalesce((select memory::text from teslamate.event_memories where scope = 'car 1'), '')") ?? "";

    async Task MovesOnAsync(Func<Task<bool>> until, string what)
    {
        for (var turn = 0; turn < 2000; turn++)
        {
            if (await until())
                return;
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(5);
        }

        throw new TimeoutException($"waited in vain until {what}: {_events.Types}");
    }

    [Fact]
    public async Task Time_alone_brings_events_and_a_restart_repeats_none()
    {
        var hub = new SummaryHub();
        var open = Parked with { Locked = false, BatteryLevel = 10 };
        var watch = await StartAsync(hub);
        hub.Publish(Parked);
        await MovesOnAsync(async () => (await MemoryAsync()).Contains("IsBatteryLow", StringComparison.Ordinal), "the first look is remembered");
        _events.All.ShouldBeEmpty();
        hub.Publish(open);
        await MovesOnAsync(() => Task.FromResult(_events.All.Count >= 2), "the open car is told");
        _events.Types.ShouldBe("battery.low left.open");
        await watch.StopAsync(CancellationToken.None);
        (await MemoryAsync()).ShouldContain("\"IsOpenTold\": true");

        var next = new SummaryHub();
        watch = await StartAsync(next);
        next.Publish(Parked with { IsRestored = true, BatteryLevel = 60, State = VehicleStateName.Unavailable });
        next.Publish(open);
        var turns = 0;
        await MovesOnAsync(() => Task.FromResult(++turns > 300), "half an hour is over");
        _events.Types.Replace("battery.low left.open", "", StringComparison.Ordinal).ShouldBe("");
        next.Publish(Parked);
        next.Publish(open);
        await MovesOnAsync(() => Task.FromResult(++turns > 400), "some minutes are over");
        await watch.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Without_the_database_nothing_is_said_until_it_is_back()
    {
        var hub = new SummaryHub();
        await _database.ExecuteAsync("alter table teslamate.event_memories rename to away");
        var watch = await StartAsync(hub);
        hub.Publish(Parked);
        hub.Publish(Parked with { BatteryLevel = 10 });
        var turns = 0;
        await MovesOnAsync(() => Task.FromResult(++turns > 20), "a while is over");
        _events.All.ShouldBeEmpty();
        await _database.ExecuteAsync("alter table teslamate.away rename to event_memories");
        hub.Publish(Parked);
        await MovesOnAsync(async () => (await MemoryAsync()).Length > 0, "it is remembered");
        hub.Publish(Parked with { BatteryLevel = 10 });
        await MovesOnAsync(() => Task.FromResult(_events.All.Count == 1), "the battery is told");
        await watch.StopAsync(CancellationToken.None);
    }

    /// <summary>A look at one car costs the same, however many there are.</summary>
    sealed class OneByOne : HealthOnly
    {
        public override IReadOnlyList<VehicleHealth> Health => throw new NotSupportedException("all cars were asked because of one");

        public override VehicleHealth? HealthOf(CarId car)
            => new(car, VehicleStateName.Unavailable, Healthy: true, null, null, 0, null, StreamConnected: false, Restarts: 0);
    }
}
