using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Life;

/// <summary>What a poll asks and what its result means (spec vehicle 5.3 to 5.6, 13 and 18.2).</summary>
public class AnswerTests
{
    [Theory]
    [InlineData("start", true, nameof(FetchPlan.Vehicle))]
    [InlineData("start", false, nameof(FetchPlan.VehicleThenVehicleData))]
    [InlineData("online", true, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("online", false, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("driving", true, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("driving", false, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("charging", true, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("charging", false, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("updating", true, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("updating", false, nameof(FetchPlan.VehicleDataElseVehicle))]
    [InlineData("suspended", true, nameof(FetchPlan.Vehicle))]
    [InlineData("asleep", true, nameof(FetchPlan.Vehicle))]
    [InlineData("asleep", false, nameof(FetchPlan.VehicleThenVehicleData))]
    [InlineData("offline", true, nameof(FetchPlan.Vehicle))]
    [InlineData("offline", false, nameof(FetchPlan.VehicleThenVehicleData))]
    public void What_a_poll_asks_depends_on_the_state_and_on_the_setting(string state, bool streaming, string plan)
    {
        var scene = Scenes.In(state, streaming);
        Fetching.Plan(scene.Vehicle, scene.Now).ToString().ShouldBe(plan);
    }

    [Theory]
    [InlineData("driving", 10)]
    [InlineData("charging", 15)]
    [InlineData("online", 20)]
    [InlineData("suspended", 30)]
    [InlineData("asleep", 30)]
    [InlineData("updating", 30)]
    public void After_an_error_the_car_is_asked_again_soon(string state, double seconds)
    {
        foreach (ApiError error in new ApiError[] { new ApiError.Timeout(), new ApiError.Unauthorized(), new ApiError.Failed("boom"),
            new ApiError.VehicleUnavailable() })
        {
            var scene = Scenes.In(state, streaming: true).From();
            var before = scene.Phase;
            scene.Fails(error).Poll.ShouldBe(seconds);
            (scene.Phase, scene.Summaries.Count).ShouldBe((before, 1));
            scene.Entries.ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData(true, 5)]
    [InlineData(false, 5)]
    public void A_closed_connection_is_no_news(bool streaming, double seconds)
    {
        var scene = Scenes.In("online", streaming).From();
        scene.Fails(new ApiError.Closed(), times: 20).Poll.ShouldBe(seconds);
        scene.Summaries.ShouldBeEmpty();
        scene.Vehicle.IsHealthy(scene.Now).ShouldBeTrue();
    }

    [Fact]
    public void The_fourth_error_within_ten_minutes_is_unhealthy_and_five_minutes_heal()
    {
        var scene = Scenes.In("online").From().Fails(new ApiError.Failed("boom"), times: 4);
        scene.Summaries.Select(summary => summary.Healthy).ShouldBe([true, true, true, false]);
        scene.PassMinutes(5).Gets(Online(1)).Summaries[^1].Healthy.ShouldBeTrue();
    }

    [Fact]
    public void Errors_over_a_longer_time_are_healthy()
    {
        var scene = Scenes.In("online");
        for (var i = 0; i < 10; i++)
            scene.Fails(new ApiError.Failed("boom")).PassMinutes(4);
        scene.Summaries.ShouldAllBe(summary => summary.Healthy);
    }

    [Fact]
    public void Timeouts_are_healthy()
    {
        var scene = Scenes.In("online").Fails(new ApiError.Timeout(), times: 30);
        scene.Summaries.ShouldAllBe(summary => summary.Healthy);
    }

    [Fact]
    public void First_answers_of_no_use_leave_the_car_unavailable()
    {
        var scene = new Scene().Gets(Elsewhere("unknown")).Fails(new ApiError.Failed("boom"), times: 4);
        scene.Summaries.Select(summary => (summary.State, summary.Healthy)).ShouldBe(
            [(VehicleStateName.Unavailable, true), (VehicleStateName.Unavailable, true), (VehicleStateName.Unavailable, true),
                (VehicleStateName.Unavailable, false)]);
        scene.Entries.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(60)]
    [InlineData(300)]
    [InlineData(900)]
    public void A_rate_limit_is_obeyed_and_is_healthy(double seconds)
    {
        var scene = Scenes.In("online").From().Fails(new ApiError.RateLimited(TimeSpan.FromSeconds(seconds)), times: 9);
        scene.Poll.ShouldBe(seconds);
        scene.Summaries.Count.ShouldBe(9);
        scene.Summaries.ShouldAllBe(summary => summary.Healthy && summary.State == VehicleStateName.Online);
    }

    [Fact]
    public void What_tesla_refuses_for_good_is_asked_ever_more_rarely()
    {
        var scene = Scenes.In("online").From();
        List<double?> pauses = [];
        for (var i = 0; i < 12; i++)
        {
            scene.Fails(new ApiError.Refused(403, "mobile access disabled"));
            pauses.Add(scene.Poll);
        }

        pauses.ShouldBe([20, 20, 20, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
        scene.Fails(new ApiError.Timeout()).Fails(new ApiError.Refused(412, "gone")).Poll.ShouldBe(20);
        scene.Fails(new ApiError.Refused(403, "no"), times: 2_000).Poll.ShouldBe(900);
        scene.Gets(Online(1)).Fails(new ApiError.Refused(403, "no")).Poll.ShouldBe(20);
    }

    [Fact]
    public void A_long_outage_is_a_handful_of_lines()
    {
        var scene = Scenes.In("online").From().Fails(new ApiError.Unreachable("nxdomain"), times: 1000);
        scene.Effects.Count(effect => effect is Effect.Log(Note.RequestFailed)).ShouldBe(10);
        scene.Fails(new ApiError.Timeout()).Last.ShouldContain(new Effect.Log(new Note.RequestFailed("timeout", "no answer in time", 1001)));
    }

    [Fact]
    public void A_car_that_is_not_found_nine_times_is_listed_again_once()
    {
        var scene = new Scene().Gets(Online(0), Online(1)).From().Fails(new ApiError.VehicleNotFound(), times: 12);
        scene.Poll.ShouldBe(30);
        scene.Summaries.Take(4).Select(summary => summary.Healthy).ShouldBe([true, true, true, false]);
        var before = scene.Effects.TakeWhile(effect => effect is not Effect.Rediscover);
        before.Count(effect => effect is Effect.Publish).ShouldBe(9);
        scene.Effects.Count(effect => effect is Effect.Rediscover).ShouldBe(1);
    }

    [Fact]
    public void Another_number_heals_a_car_that_was_not_found()
    {
        var scene = new Scene().Gets(Online(0)).Fails(new ApiError.VehicleNotFound(), times: 9);
        scene.Send(new VehicleEvent.CarChanged(scene.Now, scene.Vehicle.Car with { Eid = 12 }));
        scene.Vehicle.NotFound.IsOpen(scene.Now).ShouldBeFalse();
    }

    [Fact]
    public void In_service_while_online_is_a_pause()
    {
        var scene = new Scene().Gets(Online(0)).From().Fails(new ApiError.VehicleInService());
        (scene.Poll, scene.Entries.Count, scene.Summaries.Count).ShouldBe((60, 0, 0));
        scene.Phase.ShouldBeOfType<VehiclePhase.Online>();
    }

    [Fact]
    public void In_service_while_driving_ends_the_drive()
    {
        var scene = new Scene(streaming: true)
            .Gets(Online(0), Online(1).Gear(ShiftState.D, 5), Online(2).Gear(ShiftState.D, 50)).From().Fails(new ApiError.VehicleInService());
        scene.Rows.ShouldBe(["close aborted"]);
        scene.States.ShouldBe(["start"]);
        scene.Poll.ShouldBe(60);
        scene.IsConnected.ShouldBeFalse();
        scene.Vehicle.IsStreaming.ShouldBeFalse("a dead stream must not count as active");
    }

    [Fact]
    public void Signed_out_the_car_is_asked_no_more_until_a_sign_in()
    {
        var scene = new Scene().Gets(Online(0), Online(1)).From().Fails(new ApiError.NotSignedIn());
        var summary = scene.Summaries.ShouldHaveSingleItem();
        (summary.State, summary.Healthy).ShouldBe((VehicleStateName.Start, false));
        scene.Poll.ShouldBeNull();
        scene.PassMinutes(60).Ask().Last.ShouldBeEmpty();
        scene.Send(new VehicleEvent.SignedIn(scene.Now));
        scene.Last.OfType<Effect.Fetch>().ShouldHaveSingleItem();
        scene.Gets(Online(2)).Summaries[^1].Healthy.ShouldBeTrue();
    }

    [Fact]
    public void Signed_out_within_a_drive_the_drive_goes_on_after_the_sign_in()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Gear(ShiftState.D, 50)).Fails(new ApiError.NotSignedIn()).PassMinutes(5).From();
        scene.Send(new VehicleEvent.SignedIn(scene.Now)).Gets(Online(300_000).Gear(ShiftState.D, 50));
        scene.Rows.ShouldBe(["state online T+300000", "pos(d) 80"]);
    }

    [Fact]
    public void Incomplete_answers_without_stream_are_discarded()
    {
        var scene = Scenes.In("charging").From().Gets(Bare);
        (scene.Poll, scene.Entries.Count, scene.Summaries.Count).ShouldBe((10, 0, 0));
        scene.Last.ShouldContain(new Effect.Log(new Note.Incomplete()));
    }

    [Theory]
    [InlineData("online")]
    [InlineData("driving")]
    [InlineData("suspended")]
    [InlineData("updating")]
    public void Light_answers_with_stream_change_nothing(string state)
    {
        var scene = Scenes.In(state, streaming: true).From();
        scene.Gets(Bare).Poll.ShouldBe(30);
        (scene.Entries.Count, scene.Summaries.Count).ShouldBe((0, 0));
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("waking")]
    public void Other_words_are_of_no_use(string word)
    {
        var scene = Scenes.In("online").From().Gets(Elsewhere(word));
        (scene.Poll, scene.Entries.Count, scene.Summaries.Count).ShouldBe((10, 0, 0));
    }

    [Fact]
    public void An_answer_of_the_same_time_is_accepted()
    => new Scene().Gets(Online(5), Online(5).Gear(ShiftState.D, 1)).Rows.Last().ShouldBe("drive, pos(d) 2");

    [Fact]
    public void A_cache_is_not_stormed()
    {
        var scene = new Scene().Gets(Online(1000)).From();
        List<double?> pauses = [];
        for (var i = 0; i < 7; i++)
        {
            scene.Gets(Online(0));
            pauses.Add(scene.Poll);
        }

        pauses.ShouldBe([0, 2.5, 7.5, 17.5, 30, 30, 30]);
        scene.Entries.ShouldBeEmpty();
        scene.Phase.ShouldBeOfType<VehiclePhase.Online>();
    }

    [Fact]
    public void A_car_whose_clock_was_set_back_is_believed_after_a_while()
    {
        var scene = new Scene().Gets(Online(3_600_000)).From().Gets(Online(1), Online(2), Online(3));
        scene.Summaries.ShouldBeEmpty();
        scene.Gets(Online(4)).States.ShouldBe(["online"]);
        scene.Gets(Online(5).Gear(ShiftState.D, 10)).Rows.ShouldBe(["drive, pos(d) 16"]);
    }

    /// <summary>
    /// Rows are put in order by their dates: in one drive those after the jump would stand before the others, and the drive would have no length.
    /// </summary>
    [Fact]
    public void A_drive_ends_where_the_cars_clock_was_set_back_and_another_begins()
    {
        var scene = new Scene().Gets(Online(7_200_000), Online(7_210_000).Gear(ShiftState.D, 10)).From();
        for (var second = 0; second < 5; second++)
            scene.Gets(Online(second * 1000).Gear(ShiftState.D, 20));
        scene.Rows.ShouldBe(["close aborted", "state online T+3000", "pos", "drive, pos(d) 32", "pos(d) 32"]);
        scene.States.Last().ShouldBe("driving");
    }

    [Fact]
    public void A_charging_process_ends_where_the_cars_clock_was_set_back_and_another_begins()
    {
        var scene = new Scene().Gets(Online(7_200_000), Online(7_210_000).Charging("Charging", 1, 100)).From();
        for (var second = 0; second < 5; second++)
            scene.Gets(Online(second * 1000).Charging("Charging", 1 + second, 100 + second));
        scene.Rows.ShouldBe(["complete", "state online T+3000", "pos", "charging", "charge 4", "charge 5"]);
    }

    [Fact]
    public void A_time_in_the_far_future_is_not_believed_at_once()
    {
        var scene = new Scene().Gets(Online(0)).From().Gets(Online(TimeSpan.FromDays(3650).TotalMilliseconds).Gear(ShiftState.D, 10));
        scene.Entries.ShouldBeEmpty();
        scene.Gets(Online(1)).Phase.ShouldBeOfType<VehiclePhase.Online>();
    }

    [Fact]
    public void A_result_that_nobody_waits_for_is_ignored()
    {
        var scene = Scenes.In("online");
        scene.Send(new VehicleEvent.Answered(scene.Now, -1, new ApiAnswer<VehicleData>.Ok(Asleep), Surroundings.Unknown)).Last.ShouldBeEmpty();
    }

    [Fact]
    public void While_a_request_is_under_way_no_second_one_starts()
    {
        var scene = Scenes.In("online").Ask();
        scene.Vehicle.Request.ShouldNotBeNull();
        scene.Resume().Last.OfType<Effect.Fetch>().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Service_mode_is_told_when_it_changes(bool enters)
    {
        var scene = new Scene().Gets(Online(0).Body(body => body with { ServiceMode = !enters })).From()
            .Gets(Online(1).Body(body => body with { ServiceMode = enters }));
        scene.Effects.ShouldContain(new Effect.Log(enters ? new Note.ServiceModeEntered() : new Note.ServiceModeLeft()));
    }

    [Fact]
    public void The_age_of_the_last_good_answer_is_known()
    {
        var scene = new Scene().Gets(Online(0));
        var good = scene.Now;
        scene.Fails(new ApiError.Timeout(), times: 3);
        (scene.Vehicle.LastGoodAnswer, scene.Vehicle.ErrorsInARow, scene.Vehicle.LastError).ShouldBe((good, 3, "timeout"));
        scene.Gets(Asleep);
        (scene.Vehicle.LastGoodAnswer, scene.Vehicle.LastFullAnswer, scene.Vehicle.ErrorsInARow,
            scene.Vehicle.LastError).ShouldBe((scene.Now, good, 0, null));
    }

    [Fact]
    public void Without_a_stored_position_a_sleeping_car_shows_nothing()
    {
        var summary = new Scene().Gets(Asleep).Summaries.ShouldHaveSingleItem();
        (summary.State, summary.IsRestored, summary.Latitude, summary.OdometerKm).ShouldBe((VehicleStateName.Asleep, false, null, null));
    }
}
