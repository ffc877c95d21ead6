using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Life;

/// <summary>Letting a car sleep, by rule and by wish (spec vehicle 8, 9 and 18.4).</summary>
public class SuspendTests
{
    public static TheoryData<string, VehicleData> InUse => new()
    {
        { "user_present", Online(5).Body(body => body with { IsUserPresent = true }) },
        { "preconditioning", Online(5).Climate(climate => climate with { IsPreconditioning = true }) },
        { "dogmode", Online(5).Climate(climate => climate with { ClimateKeeperMode = "dog" }) },
        { "sentry_mode", Online(5).Body(body => body with { SentryMode = true }) },
        { "downloading_update", Online(5).Update("downloading", download: 10) },
        { "doors_open", Online(5).Body(body => body with { Df = 0, Dr = 0, Pf = 1, Pr = 0 }) },
        { "trunk_open", Online(5).Body(body => body with { Rt = 0, Ft = 1 }) },
        { "unlocked", Online(5).Body(body => body with { Locked = false }) },
        { "power_usage", Online(5).Drive(drive => drive with { Power = 1 }) },
    };

    public static TheoryData<VehicleData> NotInUse =>
    [
        Online(5),
        Online(5).Update("downloading", download: 100),
        Online(5).Update("downloading"),
        Online(5).Body(body => body with { Pf = 1 }),
        Online(5).Body(body => body with { Ft = 1 }),
        Online(5).Drive(drive => drive with { Power = -3 }),
        Online(5).Climate(climate => climate with { IsClimateOn = true }),
        Online(5).Charge(charge => charge with { ChargePortDoorOpen = true }),
        Online(5).Body(body => body with { Locked = false }),
    ];

    [Theory]
    [MemberData(nameof(InUse))]
    public void A_car_in_use_stays_awake(string code, VehicleData data)
    {
        Suspending.Reason(data, Row(mustBeLocked: true).Settings).ShouldBe(code);
        new Scene(idleMin: 0, mustBeLocked: true).Gets(data).States.ShouldBe(["online"]);
    }

    [Theory]
    [MemberData(nameof(NotInUse))]
    public void A_car_that_is_not_in_use_is_left_alone(VehicleData data) =>
        new Scene(idleMin: 0).Gets(data).States.ShouldBe(["online", "suspended"]);

    [Fact]
    public void Every_look_at_a_suspended_car_that_is_idle_is_a_position_of_its_own_time()
    {
        var scene = new Scene(idleMin: 0).Gets(Online(5).Body(body => body with { Locked = false }));
        scene.From().PassMinutes(22).Gets(Online(1_320_000)).PassMinutes(22).Gets(Online(2_640_000));
        scene.Entries.OfType<LogbookEntry.InsertPosition>().Select(entry => entry.Position.Date).ShouldBe([T.AddMinutes(22), T.AddMinutes(44)]);
        scene.States.ShouldBe(["suspended"]);
    }

    [Fact]
    public void A_car_that_is_locked_and_unlocked_is_published_each_time()
    {
        var scene = new Scene(mustBeLocked: true).Gets(
            [.. Enumerable.Range(0, 4).Select(i => Online(i).Body(body => body with { Locked = i % 2 == 1 }))]);
        scene.Summaries.Select(summary => (summary.State.Word, summary.Locked)).Distinct().ShouldBe([("online", false), ("online", true)]);
        scene.Summaries.Select(summary => summary.Locked).Aggregate("",
            (all, locked) => all.EndsWith($"{locked} ", StringComparison.Ordinal) ? all : all + locked + " ")
            .ShouldBe("False True False True ");
    }

    [Fact]
    public void A_car_that_has_charged_goes_to_sleep()
    {
        var scene = new Scene(streaming: true, idleMin: 3).Gets(Online(0), Online(1).Charging("Charging", 0.1, 100))
            .Gets(Online(2).Charging("Complete", 0.1, 100));
        scene.PassMinutes(4).Gets(Online(240_000).Charging("Complete", 0.1, 100)).PassMinutes(10).Gets(Asleep);
        scene.Rows.ShouldBe(
            ["state online T+0", "pos", "charging", "charge 0.1", "pos", "charge 0.1", "complete", "state online T+2", "pos", "pos",
                $"state asleep T+{(scene.Now - T).TotalMilliseconds}"]);
        scene.States.ShouldBe(["online", "charging", "online", "suspended", "asleep"]);
        scene.IsConnected.ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(InUse))]
    public void A_wish_to_suspend_a_car_in_use_is_refused(string code, VehicleData data)
    {
        var scene = new Scene(mustBeLocked: true).Gets(Online(0)).From();
        scene.Suspend(new ApiAnswer<VehicleData>.Ok(data)).ShouldBe(new SuspendAnswer.InUse(code));
        scene.Entries.ShouldBeEmpty();
        scene.Phase.ShouldBeOfType<VehiclePhase.Online>();
        scene.Vehicle.LastResponse.ShouldNotBe(data);
    }

    [Theory]
    [InlineData("sentry_mode", false, 30)]
    [InlineData("preconditioning", false, 30)]
    [InlineData("dogmode", false, 30)]
    [InlineData("user_present", false, 15)]
    [InlineData("downloading_update", false, 15)]
    [InlineData("doors_open", false, 15)]
    [InlineData("trunk_open", false, 15)]
    [InlineData("power_usage", false, 15)]
    [InlineData("unlocked", false, 15)]
    [InlineData("sentry_mode", true, 60)]
    [InlineData("preconditioning", true, 60)]
    [InlineData("dogmode", true, 60)]
    [InlineData("user_present", true, 15)]
    [InlineData("downloading_update", true, 30)]
    [InlineData("doors_open", true, 30)]
    [InlineData("trunk_open", true, 30)]
    [InlineData("power_usage", true, 30)]
    [InlineData("unlocked", true, 30)]
    public void What_keeps_a_car_awake_decides_the_next_look(string code, bool streaming, double seconds)
    {
        var data = (VehicleData)InUse.First(row => (string)row[0] == code)[1];
        var scene = new Scene(streaming, mustBeLocked: true).Gets(Online(0)).PassMinutes(2);
        var usedBefore = scene.Vehicle.LastUsed;
        scene.Gets(data).Poll.ShouldBe(seconds);
        scene.Vehicle.LastUsed.ShouldBe(code == "unlocked" ? usedBefore : scene.Now);
    }

    [Theory]
    [InlineData(false, 15)]
    [InlineData(true, 30)]
    public void An_idle_car_is_looked_at_steadily(bool streaming, double seconds) => new Scene(streaming).Gets(Online(0)).Poll.ShouldBe(seconds);

    [Fact]
    public void What_keeps_an_idle_car_awake_is_told_once()
    {
        var unlocked = Online(5).Body(body => body with { Locked = false });
        var scene = new Scene(idleMin: 0, mustBeLocked: true).Gets(20, unlocked);
        scene.Effects.Count(effect => effect is Effect.Log(Note.StillAwake)).ShouldBe(1);
    }

    [Fact]
    public void Idling_is_counted_from_the_last_use()
    {
        var scene = new Scene(idleMin: 15).Gets(Online(0)).PassMinutes(14).Gets(Online(1).Body(body => body with { SentryMode = true }));
        scene.PassMinutes(14).Gets(Online(2)).Phase.ShouldBeOfType<VehiclePhase.Online>();
        scene.PassMinutes(1).Gets(Online(3)).Phase.ShouldBeOfType<VehiclePhase.Suspended>();
    }

    [Fact]
    public void A_suspended_car_that_is_used_again_is_published_as_online()
    {
        var scene = new Scene(idleMin: 15).Gets(Online(0)).PassMinutes(16).Gets(Online(1)).From();
        scene.PassMinutes(21).Gets(Online(2).Body(body => body with { SentryMode = true }));
        scene.States.ShouldBe(["online"]);
        scene.Rows.ShouldBeEmpty();
    }

    [Fact]
    public void Without_stream_only_light_requests_look_after_a_suspended_car_until_the_pause_is_over()
    {
        var scene = new Scene(idleMin: 0, suspendMin: 21).Gets(Online(0)).From();
        var began = scene.Now;
        while (scene.Plans.Count == 0 || scene.Plans[^1] == FetchPlan.Vehicle)
            scene.Ask().Send(new VehicleEvent.Answered(scene.Now, scene.Vehicle.Request!.Value, new ApiAnswer<VehicleData>.Ok(Bare),
                Surroundings.Unknown));
        (scene.Now - began).TotalMinutes.ShouldBe(21);
        scene.Plans.Count.ShouldBeLessThanOrEqualTo(21);
        (scene.Entries.Count, scene.Summaries.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void With_stream_a_suspended_car_is_asked_nothing_for_ten_minutes_and_then_only_lightly()
    {
        var scene = Scenes.In("suspended", streaming: true);
        scene.Poll.ShouldBe(600);
        scene.From().Gets(40, Bare);
        scene.Plans.ShouldAllBe(plan => plan == FetchPlan.Vehicle);
        scene.Poll.ShouldBe(30);
        (scene.Entries.Count, scene.Summaries.Count).ShouldBe((0, 0));
    }

    [Fact]
    public void A_suspended_car_whose_stream_stays_silent_is_looked_at_like_one_without()
    {
        var scene = Scenes.In("suspended", streaming: true).From().Gets(100, Bare);
        scene.Plans.Count(plan => plan != FetchPlan.Vehicle).ShouldBeLessThanOrEqualTo((int)(scene.Now - T).TotalMinutes);
        scene.Plans.ShouldContain(FetchPlan.VehicleThenVehicleData);
        var firstFull = scene.Plans.IndexOf(FetchPlan.VehicleThenVehicleData);
        firstFull.ShouldBeGreaterThan(40, "not before a pause without stream has passed on top of the one with");
    }

    [Fact]
    public void New_limits_apply_at_the_next_look()
    {
        var scene = new Scene().Gets(Online(0)).PassMinutes(2).From();
        scene.Changes(settings => settings with { SuspendAfterIdleMin = 1 }).Last.ShouldBeEmpty();
        scene.Gets(Online(1)).Rows.ShouldBe(["pos"]);
        scene.States.ShouldBe(["suspended"]);
        scene.Summaries[^1].Car.Settings.SuspendAfterIdleMin.ShouldBe(1);
    }

    [Theory]
    [InlineData("asleep")]
    [InlineData("offline")]
    [InlineData("suspended")]
    public void A_wish_to_suspend_a_resting_car_changes_nothing(string state)
    {
        var scene = Scenes.In(state).From();
        scene.Suspend().ShouldBe(new SuspendAnswer.Suspended());
        scene.Last.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("driving", "vehicle_not_parked")]
    [InlineData("lost", "vehicle_not_parked")]
    [InlineData("updating", "update_in_progress")]
    [InlineData("charging", "charging_in_progress")]
    public void A_wish_to_suspend_a_busy_car_is_refused_without_asking_it(string state, string code)
    {
        var scene = Scenes.In(state).From();
        scene.Suspend().ShouldBe(new SuspendAnswer.InUse(code));
        scene.Effects.ShouldNotContain(effect => effect is Effect.CheckForSuspend);
    }

    [Theory]
    [InlineData(false, 21)]
    [InlineData(true, 10)]
    public void A_wish_to_suspend_is_granted(bool streaming, int minutes)
    {
        var scene = new Scene(streaming).Gets(Online(0)).From().PassMinutes(1);
        scene.Suspend(new ApiAnswer<VehicleData>.Ok(Online(7).Body(body => body with { Locked = true }))).ShouldBe(new SuspendAnswer.Suspended());
        scene.Rows.ShouldBe(["pos"]);
        var summary = scene.Summaries.ShouldHaveSingleItem();
        (summary.State, summary.Since, summary.Locked).ShouldBe((VehicleStateName.Suspended, scene.Now, true));
        scene.Phase.ShouldBe(new VehiclePhase.Suspended(scene.Now + TimeSpan.FromMinutes(minutes)));
    }

    [Fact]
    public void A_request_under_way_does_not_undo_a_wish_to_suspend()
    {
        var scene = new Scene().Gets(Online(0)).Ask();
        var underWay = scene.Vehicle.Request!.Value;
        scene.Suspend(new ApiAnswer<VehicleData>.Ok(Online(7)));
        scene.Send(new VehicleEvent.Answered(scene.Now, underWay, new ApiAnswer<VehicleData>.Ok(Online(8)),
            Surroundings.Unknown)).Last.ShouldBeEmpty();
        scene.Phase.ShouldBeOfType<VehiclePhase.Suspended>();
    }

    [Fact]
    public void A_wish_to_suspend_needs_an_answer()
    {
        var scene = new Scene().Gets(Online(0));
        scene.Suspend(new ApiAnswer<VehicleData>.Ok(Bare)).ShouldBe(new SuspendAnswer.NoAnswer("gateway_error"));
        scene.Suspend(new ApiError.Timeout()).ShouldBe(new SuspendAnswer.NoAnswer("timeout"));
        scene.Suspend(new ApiError.NotSignedIn()).ShouldBe(new SuspendAnswer.NoAnswer("not_signed_in"));
        scene.Suspend(new ApiError.RateLimited(TimeSpan.FromSeconds(60))).ShouldBe(new SuspendAnswer.RateLimited(TimeSpan.FromSeconds(60)));
        scene.Suspend(new ApiAnswer<VehicleData>.Ok(Online(1).Gear(ShiftState.D))).ShouldBe(new SuspendAnswer.InUse("vehicle_not_parked"));
        scene.Phase.ShouldBeOfType<VehiclePhase.Online>();
    }

    [Fact]
    public void A_wish_to_suspend_at_the_very_start_logs_the_car_as_online_first()
    {
        var scene = new Scene();
        scene.Suspend(new ApiAnswer<VehicleData>.Ok(Online(1))).ShouldBe(new SuspendAnswer.Suspended());
        scene.Rows.ShouldBe(["state online T+1", "pos", "pos"]);
        scene.States.ShouldBe(["online", "suspended"]);
    }

    [Fact]
    public void Resuming_a_suspended_car()
    {
        var scene = Scenes.In("suspended").PassMinutes(5).From().Resume();
        scene.Poll.ShouldBe(1);
        var summary = scene.Summaries.ShouldHaveSingleItem();
        (summary.State, summary.Since, scene.Vehicle.LastUsed).ShouldBe((VehicleStateName.Online, scene.Now, scene.Now));
        scene.Last.ShouldContain(Positions.Arm);
    }

    [Theory]
    [InlineData("online")]
    [InlineData("driving")]
    [InlineData("charging")]
    [InlineData("updating")]
    [InlineData("start")]
    public void Resuming_any_other_car_only_counts_as_use(string state)
    {
        var scene = Scenes.In(state).PassMinutes(5).Resume();
        scene.Last.ShouldBeEmpty();
        scene.Vehicle.LastUsed.ShouldBe(scene.Now);
    }

    [Theory]
    [InlineData("online", true)]
    [InlineData("driving", true)]
    [InlineData("suspended", true)]
    [InlineData("asleep", false)]
    [InlineData("charging", false)]
    [InlineData("updating", false)]
    public void Switching_streaming_on_connects_where_a_stream_is_of_use(string state, bool connects)
    {
        var scene = Scenes.In(state).From().Changes(settings => settings with { UseStreamingApi = true });
        scene.Connects.ShouldBe(connects ? 1 : 0);
        scene.Poll.ShouldBeNull();
        scene.Changes(settings => settings with { UseStreamingApi = true }).Connects.ShouldBe(connects ? 1 : 0);
    }

    [Fact]
    public void Switching_streaming_off_while_the_stream_is_asked_goes_on_without()
    {
        var scene = Scenes.In("asleep", streaming: true).Gets(Bare).From().Changes(settings => settings with { UseStreamingApi = false });
        scene.Disconnects.ShouldBe(1);
        scene.Ask().Plans.ShouldBe([FetchPlan.VehicleThenVehicleData]);
    }
}
