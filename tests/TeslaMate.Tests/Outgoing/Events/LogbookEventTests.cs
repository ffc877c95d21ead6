using System.Text.Json.Nodes;
using TeslaMate.Api.Data.Events;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Drives;
using TeslaMate.Logbook.News;
using TeslaMate.Outgoing.Events;
using TeslaMate.Tests.Logbook;
using TeslaMate.Tests.Logs;
using TeslaMate.Tests.Mqtt;
using TeslaMate.Tests.Tesla;
using TeslaMate.Vehicles;
using static TeslaMate.Tests.Logbook.Readings;

namespace TeslaMate.Tests.Outgoing.Events;

/// <summary>Drives and charging processes as events, from the commit to the outlet (spec api 4.2).</summary>
public sealed class LogbookEventTests : IAsyncLifetime
{
    readonly SummaryHub _hub = new();
    readonly RecordedEvents _events = new();
    LogbookDatabase _database = null!;
    LogbookInstance _logbook = null!;

    public async Task InitializeAsync()
    {
        _database = await LogbookDatabase.CreateMigratedAsync();
        _logbook = await LogbookInstance.OfCarAsync(_database);
        _hub.Publish(Summary("Charging", 60));
    }

    public async Task DisposeAsync()
    {
        await _logbook.DisposeAsync();
        await _database.DisposeAsync();
    }

    static Summary Summary(string charging, int level)
        => ASummary.Online() with { DisplayName = "Blue", ChargingState = charging, BatteryLevel = level, ChargeLimitSoc = 80 };

    CarMemories NewMemories() => new(new EventMemories(_database.DataSource, TimeProvider.System), TimeProvider.System);

    Watch Start(IEventRows? rows = null, IOutgoingEvents? events = null) => new(new LogbookEventWatch(
        _logbook.Get<ILogbookNews>(), _hub, NewMemories(), rows ?? new EventRows(_database.DataSource, TimeProvider.System), events ?? _events,
        TimeProvider.System, new RecordedLog().For<LogbookEventWatch>()));

    static LogbookEntry.StartDrive Drive(double second) => new(At(second), Position(second, odometer: 100));

    static LogbookEntry[] DriveOn(double second)
        => [InDrive(Position(second, odometer: 110.5, ideal: 290, rated: 240)), new LogbookEntry.CloseDrive(LookUpAddresses: false)];

    Task ToldAsync(int count) => Eventually.BecomesTrueAsync(() => _events.All.Count >= count, $"{count} events are told, not {_events.Types}");

    Task RememberedAsync(string what) => Eventually.BecomesTrueAsync(
        () => _database.ScalarAsync<string>("select coalesce((select memory::text from teslamate.event_memories where scope = 'car 1'), '')")
            .GetAwaiter().GetResult()!.Contains(what, StringComparison.Ordinal), what);

    [Fact]
    public async Task A_drive_is_told_when_its_rows_are_there_with_the_members_of_the_api()
    {
        await using var watch = Start();
        await _logbook.WriteAsync(Drive(0));
        await ToldAsync(1);
        await _logbook.WriteAsync(DriveOn(600));
        await ToldAsync(2);
        _events.Types.ShouldBe("drive.started drive.ended");
        var (started, ended) = (_events.All[0], _events.All[1]);
        started.OccurredAt.ShouldBe(At(0));
        started.Data["is_open"]!.GetValue<bool>().ShouldBeTrue();
        ended.OccurredAt.ShouldBe(At(600));
        ended.Car.ShouldBe(new EventCar(new CarId(1), "Blue"));
        ended.Data["distance_km"]!.GetValue<double>().ShouldBe(10.5);
        ended.Data["duration_s"]!.GetValue<double>().ShouldBe(600);
        ended.Data["end"]!["rated_range_km"]!.GetValue<decimal>().ShouldBe(240);
        ended.Data["tags"]!.ToJsonString().ShouldBe("[]");
        ended.Id.ShouldNotBe(started.Id);
    }

    [Fact]
    public async Task A_drive_that_is_too_short_does_not_end()
    {
        await using var watch = Start();
        await _logbook.WriteAsync(Drive(0));
        await ToldAsync(1);
        await _logbook.WriteAsync(new LogbookEntry.CloseDrive(LookUpAddresses: false));
        await _logbook.WriteAsync(Drive(1000));
        await ToldAsync(2);
        _events.Types.ShouldBe("drive.started drive.started");
    }

    [Fact]
    public async Task What_arrives_late_ends_no_drive_again()
    {
        await using var watch = Start();
        await _logbook.WriteAsync([Drive(0), .. DriveOn(600)]);
        await _logbook.WriteAsync(new LogbookEntry.InsertLatePositions([Position(300, odometer: 105) with { SpeedKmH = 50 }]));
        (await _logbook.Get<LateDrives>().CloseDueAsync(() => { }, default)).ShouldBe(1);
        await _logbook.WriteAsync(Drive(2000));
        await ToldAsync(3);
        _events.Types.ShouldBe("drive.started drive.ended drive.started");
    }

    [Fact]
    public async Task A_charge_that_stops_below_its_limit_is_interrupted()
    {
        await using var watch = Start();
        await ChargeAsync(0);
        await ToldAsync(2);
        _hub.Publish(Summary("Stopped", 60));
        await ChargeAsync(10_000);
        await ToldAsync(5);
        _events.Types.ShouldBe("charge.started charge.ended charge.started charge.ended charge.interrupted");
        _events.All[^1].Data["limit_pct"]!.GetValue<int>().ShouldBe(80);
        _events.All[^1].Data["energy_added_kwh"]!.GetValue<decimal>().ShouldBe(4.5m);
    }

    async Task ChargeAsync(double second)
    {
        ChargeReading Charge(double at, double energy) => new()
        {
            Date = At(second + at),
            EnergyAddedKwh = energy,
            ChargerPowerKw = 11,
            IdealRangeKm = 300,
            RatedRangeKm = 250,
            BatteryLevel = 60,
        };
        await _logbook.WriteAsync(new LogbookEntry.StartCharging(At(second), Position(second), LookUpAddress: false),
            new LogbookEntry.InsertCharge(Charge(0, 0.5)), new LogbookEntry.InsertCharge(Charge(1200, 5)),
            new LogbookEntry.CompleteCharging(At(second + 1200)));
    }

    [Fact]
    public async Task A_restart_tells_the_end_that_nobody_heard_and_repeats_nothing()
    {
        using var memories = NewMemories();
        await using (Start())
        {
            await _logbook.WriteAsync(Drive(0));
            await ToldAsync(1);
        }

        await memories.UseAsync(new CarId(1), (memory, _) => memory with { OpenDrive = 1 }, default);
        await memories.SaveAsync(default);
        await RememberedAsync("OpenDrive");
        await _logbook.WriteAsync(DriveOn(600));
        await using (Start())
            await ToldAsync(2);
        _events.Types.ShouldBe("drive.started drive.ended");
        // The same end has the same id, so that what was told before is not stored again.
        var again = new RecordedEvents();
        await using (Start(events: again))
            await Eventually.BecomesTrueAsync(() => again.All.Count == 1, "the next start tells the end");
        again.All[0].Id.ShouldBe(_events.All[1].Id);
    }

    [Fact]
    public async Task Somebody_who_hangs_delays_no_write()
    {
        var hangs = new HangingRows();
        await using var watch = Start(hangs);
        for (var drive = 0; drive < 30; drive++)
        {
            var writing = _logbook.WriteAsync([Drive(drive * 1000), .. DriveOn((drive * 1000) + 600)]);
            (await writing.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(WriteResult.Stored);
        }

        (await _database.ScalarAsync<long>("select count(*) from drives where end_date is not null")).ShouldBe(30);
        _events.All.ShouldBeEmpty();
    }

    sealed class HangingRows : IEventRows
    {
        public async Task<JsonObject?> DriveAsync(DriveId drive, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return null;
        }

        public Task<JsonObject?> ChargingProcessAsync(ChargingProcessId process, CancellationToken cancellationToken)
            => throw new NotSupportedException();
    }

    sealed class Watch : IAsyncDisposable
    {
        readonly LogbookEventWatch _watch;

        public Watch(LogbookEventWatch watch)
        {
            _watch = watch;
            watch.StartAsync(CancellationToken.None).GetAwaiter().GetResult();
        }

        public async ValueTask DisposeAsync()
        {
            await _watch.StopAsync(CancellationToken.None);
            _watch.Dispose();
        }
    }
}
