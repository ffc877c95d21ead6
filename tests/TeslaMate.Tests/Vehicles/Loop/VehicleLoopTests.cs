using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using TeslaMate.Vehicles.Loop;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Loop;

public class VehicleLoopTests
{
    [Fact]
    public async Task A_drive_becomes_rows_and_summaries()
    {
        var world = new World();
        world.Tesla.Car(11, Bare, Online(1), Online(2).Gear(ShiftState.D, 60), Online(3).Gear(ShiftState.D, 30), Online(4));
        await using var loop = Start(world);
        await world.UntilAsync(() => world.Logbook.Rows().Count >= 7);
        world.Logbook.Rows().Take(7)
            .ShouldBe(["state online T+1", "pos", "drive, pos(d) 97", "pos(d) 48", "pos(d)", "close ended", "state online T+4"]);
        world.Hub.Current(new CarId(1))!.State.ShouldBe(VehicleStateName.Online);
    }

    [Theory]
    [InlineData(false, 51)]
    [InlineData(true, null)]
    public async Task Places_have_their_geofence_and_without_stream_their_elevation(bool streaming, int? elevation)
    {
        var world = new World();
        world.Tesla.Car(11, Online(1, 51, 7));
        await using var loop = Start(world, streaming);
        await world.UntilAsync(() => world.Hub.Current(new CarId(1))?.State == VehicleStateName.Online);
        world.Hub.Current(new CarId(1))!.Geofence.ShouldBe(new SummaryGeofence(7, "Home"));
        world.Logbook.Entries.OfType<LogbookEntry.InsertPosition>().First().Position.ElevationM.ShouldBe(elevation);
    }

    [Fact]
    public async Task A_request_that_breaks_is_an_error_and_the_car_goes_on()
    {
        var world = new World();
        var asked = 0;
        world.Tesla.Car(11, _ => ++asked == 1 ? throw new InvalidOperationException("bug") : new ApiAnswer<VehicleData>.Ok(Asleep));
        await using var loop = Start(world);
        await world.UntilAsync(() => world.Logbook.Rows().Count == 1);
        asked.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task The_summary_is_there_while_a_request_hangs_and_the_car_is_busy()
    {
        var world = new World();
        var never = new TaskCompletionSource<ApiAnswer<VehicleData>>();
        world.Tesla.Car(11, _ => never.Task);
        await using var loop = Start(world);
        await world.UntilAsync(() => world.Busy.IsBusy(new CarId(1)));
        loop.Summary.State.ShouldBe(VehicleStateName.Unavailable);
        await using var busy = world.Busy.WatchAsync(new CarId(1), CancellationToken.None).GetAsyncEnumerator();
        (await busy.MoveNextAsync() && busy.Current).ShouldBeTrue();
        never.SetResult(new ApiAnswer<VehicleData>.Ok(Asleep));
        (await busy.MoveNextAsync() && !busy.Current).ShouldBeTrue();
    }

    [Fact]
    public async Task A_wish_to_suspend_is_answered_while_a_regular_request_hangs()
    {
        var world = new World();
        var never = new TaskCompletionSource<ApiAnswer<VehicleData>>();
        var asked = 0;
        world.Tesla.Car(11, isFull => Interlocked.Increment(ref asked) switch
        {
            1 => Ok(Bare),
            2 => Ok(Online(1)),
            3 => never.Task,
            _ => Ok(Online(2)),
        });
        await using var loop = Start(world);
        await world.UntilAsync(() => asked == 3);
        (await loop.SuspendAsync(CancellationToken.None)).ShouldBe(new SuspendAnswer.Suspended());
        loop.Summary.State.ShouldBe(VehicleStateName.Suspended);
    }

    [Fact]
    public async Task Samples_of_the_stream_become_rows_in_order_however_fast_they_come()
    {
        var world = new World();
        world.Tesla.Car(11, Online(0));
        await using var loop = Start(world, streaming: true);
        await world.UntilAsync(() => !world.Streams.Opened.IsEmpty && loop.Summary.State == VehicleStateName.Online);
        var stream = world.Streams.Opened.Single();
        world.Tesla.Car(11, _ => new TaskCompletionSource<ApiAnswer<VehicleData>>().Task);
        for (var i = 1; i <= 500; i++)
            await stream.SayAsync(Sample(i, ShiftState.D, mph: i % 100));
        await world.UntilAsync(() => world.Logbook.Rows().Count == 502);
        world.Logbook.Rows()[^1].ShouldBe("pos(d)" + $" {Conversions.KmH(0)}");
    }

    [Fact]
    public async Task A_loop_ends_when_another_instance_logs_the_car()
    {
        var world = new World();
        world.Tesla.Car(11, Online(0));
        world.Logbook.Result = (_, _) => WriteResult.NotOurs;
        var loop = new VehicleLoop(Vehicle.Begin(Row(), new VehicleSettings(), world.Logbook.Open(new CarId(1)), world.Time.GetUtcNow()), world.Parts,
            () => { });
        (await loop.RunAsync(CancellationToken.None)).ShouldBe(LoopEnd.NotOurs);
        await loop.DisposeAsync();
        world.Hub.All.ShouldBeEmpty("what could not be written is not published");
    }

    [Fact]
    public async Task A_loop_that_is_stopped_closes_its_stream_and_leaves_nobody_waiting()
    {
        var world = new World();
        world.Tesla.Car(11, Online(0));
        var loop = Start(world, streaming: true);
        await world.UntilAsync(() => !world.Streams.Opened.IsEmpty);
        world.Tesla.Car(11, _ => new TaskCompletionSource<ApiAnswer<VehicleData>>().Task);
        await world.UntilAsync(() => loop.Summary.State == VehicleStateName.Online);
        var waiting = loop.SuspendAsync(CancellationToken.None);
        await loop.DisposeAsync();
        (await waiting).ShouldBe(new SuspendAnswer.NotRunning());
        world.Streams.Opened.Single().IsAlive.ShouldBeFalse();
        world.Time.PendingTimers.ShouldBe(0);
    }

    /// <summary>A night: what could keep the car awake is counted.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_car_that_wants_to_sleep_is_not_kept_awake(bool streaming)
    {
        var world = new World();
        var parked = world.Time.GetUtcNow();
        DateTimeOffset lastFull = parked;
        // It falls asleep 11 minutes after the last full request.
        world.Tesla.Car(11, isFull =>
        {
            var now = world.Time.GetUtcNow();
            if (now - lastFull > TimeSpan.FromMinutes(11))
                return isFull ? new ApiError.VehicleUnavailable() : new ApiAnswer<VehicleData>.Ok(Asleep);
            if (!isFull)
                return new ApiAnswer<VehicleData>.Ok(Bare);
            lastFull = now;
            return new ApiAnswer<VehicleData>.Ok(Online((now - parked).TotalMilliseconds));
        });
        await using var loop = Start(world, streaming, idleMin: 15);
        await world.UntilAsync(() => loop.Summary.State == VehicleStateName.Asleep, TimeSpan.FromSeconds(5));
        (world.Time.GetUtcNow() - parked).TotalMinutes.ShouldBeLessThan(streaming ? 16 : 28);
        var fullRequests = world.Tesla.Requests.Count(request => request.IsFull);
        var before = world.Time.GetUtcNow();
        await world.UntilAsync(() => world.Time.GetUtcNow() - before > TimeSpan.FromHours(1), TimeSpan.FromSeconds(5));
        world.Tesla.Requests.Count(request => request.IsFull).ShouldBe(fullRequests, "a sleeping car is only asked lightly");
        loop.Summary.State.ShouldBe(VehicleStateName.Asleep);
    }

    /// <summary>A streaming car that has stopped is polled, each request with the ledger's leave (spec fleet-telemetry 4.10).</summary>
    [Fact]
    public async Task What_stands_in_for_a_silent_feed_is_asked_for_with_the_ledgers_leave_and_ends_with_it()
    {
        var feeds = new SilentFeeds(1) { Budget = 4 };
        var world = new World(feeds);
        world.Tesla.Car(11, isFull => isFull ? Ok(Online((world.Time.GetUtcNow() - T).TotalMilliseconds)) : Ok(Bare));
        var vehicle = Vehicle.Begin(Row(), new VehicleSettings { IsPriced = true }, world.Logbook.Open(new CarId(1)), world.Time.GetUtcNow()) with
        {
            Telemetry = TelemetryState.None with { IsConfigured = true },
        };
        await using var loop = new VehicleLoop(vehicle, world.Parts, () => { });
        _ = loop.RunAsync(CancellationToken.None);
        await world.UntilAsync(() => feeds.Asked.Count == 1);
        feeds.Asked.ShouldBe(["Vehicle, start"]);

        await ((TeslaMate.Vehicles.Feeds.ITelemetryReceiver)loop).CutAsync(null, CancellationToken.None);
        await world.UntilAsync(() => feeds.Asked.Count >= 8, TimeSpan.FromSeconds(10));

        feeds.Asked.Skip(1).Take(2).ShouldBe(["Poll, polled: light", "Poll, polled: full"]);
        world.Tesla.Requests.Count.ShouldBe(4, "nothing is sent without leave");
        feeds.Statuses.ShouldBe([200, 200, 200, 200]);
        loop.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Online>();
        loop.Vehicle.ErrorsInARow.ShouldBe(0);
    }

    static Task<ApiAnswer<VehicleData>> Ok(VehicleData data) => Task.FromResult<ApiAnswer<VehicleData>>(new ApiAnswer<VehicleData>.Ok(data));

    static VehicleLoop Start(World world, bool streaming = false, int idleMin = 99_999)
    {
        var vehicle = Vehicle.Begin(Row(streaming, idleMin: idleMin), new VehicleSettings(), world.Logbook.Open(new CarId(1)),
            world.Time.GetUtcNow());
        var loop = new VehicleLoop(vehicle, world.Parts, () => { });
        _ = loop.RunAsync(CancellationToken.None);
        return loop;
    }
}
