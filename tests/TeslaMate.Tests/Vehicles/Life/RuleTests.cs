using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Life;

/// <summary>The tables of spec vehicle 6 and 7, row by row, and the edge cases of 18.</summary>
public class RuleTests
{
    [Theory]
    [InlineData("asleep")]
    [InlineData("offline")]
    public void A_first_answer_of_a_car_that_is_away_is_dated_now(string state)
    {
        var scene = new Scene(streaming: true).Gets(Elsewhere(state));
        var row = scene.Entries.ShouldHaveSingleItem().ShouldBeOfType<LogbookEntry.StartState>();
        (row.Since, scene.Poll, scene.States.Single()).ShouldBe((scene.Now, 10, state));
        scene.Gets(10, Elsewhere(state)).Entries.Count.ShouldBe(1);
    }

    [Fact]
    public void A_first_online_answer_is_dated_by_the_car()
    {
        var scene = new Scene(streaming: true).Gets(Online(-5000));
        scene.Rows.ShouldBe(["state online T+-5000", "pos"]);
        scene.IsConnected.ShouldBeTrue();
        scene.Last.ShouldContain(new Effect.ArmPositionTimer(TimeSpan.FromMinutes(5)));
        scene.Summaries[0].Since.ShouldBe(T.AddMilliseconds(-5000));
    }

    [Fact]
    public void An_open_row_of_the_same_state_goes_on()
    {
        var scene = new Scene(open: new OpenEntries(new OpenState(CarActivity.Online, T.AddDays(-1)), null, null, null, null, null)).Gets(Online(0));
        scene.Summaries[0].Since.ShouldBe(T.AddDays(-1));
    }

    [Fact]
    public void A_car_whose_clock_is_behind_its_open_state_does_not_stop_logging()
    {
        var scene = new Scene(open: new OpenEntries(new OpenState(CarActivity.Asleep, T), null, null, null, null, null)).Gets(Online(-60_000));
        scene.Summaries[0].Since.ShouldBe(T, "the logbook ends the open row at its own start");
    }

    [Theory]
    [InlineData("asleep")]
    [InlineData("offline")]
    public void Online_a_car_that_is_away_needs_a_second_look(string state)
    {
        var scene = Scenes.In("online").From().Gets(Elsewhere(state));
        (scene.Phase, scene.Poll, scene.Entries.Count, scene.Summaries.Count).ShouldBe((new VehiclePhase.Start(), 10, 0, 0));
        scene.Gets(Elsewhere(state)).States.ShouldBe([state]);
    }

    [Theory]
    [InlineData("asleep")]
    [InlineData("offline")]
    public void Suspended_a_car_that_is_away_is_believed_at_once(string state)
    {
        var scene = Scenes.In("suspended", streaming: true).From().Gets(Elsewhere(state));
        scene.Entries.ShouldBe([new LogbookEntry.StartState(state == "asleep" ? CarActivity.Asleep : CarActivity.Offline, scene.Now)]);
        scene.IsConnected.ShouldBeFalse();
    }

    [Theory]
    [InlineData("online")]
    [InlineData("suspended")]
    public void The_first_thing_that_goes_on_wins(string state)
    {
        var all = Online(10).Update("installing").Gear(ShiftState.D, 10).Charging("Charging", 1, 1);
        Scenes.In(state).Gets(all).Phase.ShouldBeOfType<VehiclePhase.Updating>();
        Scenes.In(state).Gets(all.Update("")).Phase.ShouldBeOfType<VehiclePhase.Driving>();
        Scenes.In(state).Gets(all.Update("").Gear(null)).Phase.ShouldBeOfType<VehiclePhase.Charging>();
    }

    [Theory]
    [InlineData(ShiftState.D, true)]
    [InlineData(ShiftState.N, true)]
    [InlineData(ShiftState.R, true)]
    [InlineData(ShiftState.P, false)]
    [InlineData(null, false)]
    [InlineData(ShiftState.Other, false)]
    public void Gears_that_start_a_drive(ShiftState? gear, bool drives) =>
        (Scenes.In("online").Gets(Online(1).Gear(gear, 0)).Phase is VehiclePhase.Driving).ShouldBe(drives);

    [Theory]
    [InlineData(false, 2.5)]
    [InlineData(true, 15)]
    public void A_driving_car_is_asked_less_often_while_it_streams(bool streaming, double seconds)
    {
        var scene = Scenes.In("driving", streaming);
        scene.Poll.ShouldBe(seconds);
        scene.Gets(Online(2).Gear(ShiftState.D, 1)).Poll.ShouldBe(seconds);
    }

    [Theory]
    [InlineData(5, 8)]
    [InlineData(10, 16)]
    [InlineData(15, 24)]
    [InlineData(20, 32)]
    [InlineData(30, 48)]
    [InlineData(40, 64)]
    [InlineData(50, 80)]
    [InlineData(55, 89)]
    [InlineData(60, 97)]
    [InlineData(-5, -8)]
    public void Speeds_are_whole_kilometres_an_hour(int mph, int kmH) => Conversions.KmH(mph).ShouldBe(kmH);

    [Fact]
    public void An_unknown_gear_does_not_end_a_drive()
    {
        var scene = Scenes.In("driving").From().Gets(Online(2).Gear(ShiftState.Other, 10));
        scene.Rows.ShouldBe(["pos(d) 16"]);
    }

    [Fact]
    public void Geofences_follow_the_car()
    {
        var scene = new Scene().Fence("South Pole", 90).Gets(
            Online(0, 90, 45), Online(1, 90, 45).Gear(ShiftState.D, 1), Online(2, 90.1, 45).Gear(ShiftState.D, 1),
            Online(3, 90.2, 45).Gear(ShiftState.D, 1),
            Online(4, 90, 45).Gear(ShiftState.P));
        scene.Summaries.Select(summary => (summary.State.Word, summary.Geofence?.Name)).Distinct().ShouldBe(
            [("online", "South Pole"), ("driving", "South Pole"), ("driving", null)]);
        scene.Summaries[^1].Geofence.ShouldNotBeNull().Name.ShouldBe("South Pole");
    }

    [Fact]
    public void Geofences_follow_the_stream()
    {
        var scene = new Scene(streaming: true).Fence("South Pole", 90).Fence("Garage", 90.01).Gets(Online(0, 90, 45));
        scene.Samples(Sample(1, ShiftState.D, latitude: 90), Sample(2, ShiftState.D, latitude: 90.01), Sample(3, ShiftState.D, latitude: 91),
            Sample(4, ShiftState.D, latitude: 90));
        scene.Summaries.Where(summary => summary.State == VehicleStateName.Driving).Select(summary => summary.Geofence?.Name)
            .ShouldBe(["South Pole", "Garage", null, "South Pole"]);
    }

    [Theory]
    [InlineData(6, 206.1, "charging")]
    [InlineData(20, 205.0, "close only")]
    [InlineData(14, null, "goes on")]
    [InlineData(4, 300.0, "goes on")]
    public void What_a_lost_car_did_shows_at_its_return(double minutes, double? range, string expected)
    {
        var scene = new Scene().Gets(Online(0), Online(1).Gear(ShiftState.D, 30).Range(200)).Gets(17, Offline).From();
        scene.Gets(Online(minutes * 60_000).Gear(ShiftState.D, 30).Range(range));
        var rows = scene.Rows.ToList();
        (rows.Contains("charging")
            ? "charging" : rows.Exists(row => row.StartsWith("close", StringComparison.Ordinal)) ? "close only" : "goes on").ShouldBe(expected);
    }

    [Fact]
    public void A_timed_out_car_that_returns_at_once_starts_afresh()
    {
        var scene = Scenes.In("timed out").From().Gets(Online(2).Gear(ShiftState.D, 10));
        scene.Rows.ShouldBe(["state online T+2", "pos", "drive, pos(d) 16"]);
    }

    [Fact]
    public void Errors_of_a_few_minutes_end_no_drive()
    {
        var scene = Scenes.In("driving").From().Fails(new ApiError.RateLimited(TimeSpan.FromMinutes(2)), times: 7)
            .Gets(Online(14 * 60_000).Gear(ShiftState.D, 1));
        scene.Rows.ShouldBe(["pos(d) 2"]);
    }

    /// <summary>What kind of silence lay between two good answers makes no difference: their times, ranges and energies tell what happened.</summary>
    [Theory]
    [InlineData("errors", 6, 30.0, null, "charged")]
    [InlineData("offline", 6, 30.0, null, "charged")]
    [InlineData("time-outs", 6, 30.0, null, "charged")]
    [InlineData("closed", 5, 5.1, null, "charged")]
    [InlineData("mixed", 600, 30.0, null, "charged")]
    [InlineData("none", 6, 30.0, null, "charged")]
    [InlineData("errors", 4, 30.0, null, "goes on")]
    [InlineData("offline", 6, 5.0, null, "goes on")]
    [InlineData("errors", 14, -20.0, null, "goes on")]
    [InlineData("closed", 15, -20.0, null, "lost")]
    [InlineData("offline", 15, 0.0, null, "lost")]
    [InlineData("errors", 40, -20.0, 12.0, "charged")]
    [InlineData("errors", 40, null, 42.0, "charged")]
    [InlineData("errors", 14, null, 40.5, "goes on")]
    public void A_gap_in_a_drive_is_judged_by_the_answers_at_its_ends(string silence, int minutes, double? gainedMiles, double? counterKwh,
        string expected)
    {
        var scene = new Scene().Gets(Online(0).Range(100), Online(1).Gear(ShiftState.D, 30).Charging("Complete", 40, 100)).From();
        scene = silence switch
        {
            "errors" => scene.Fails(new ApiError.VehicleUnavailable(), times: 9),
            "time-outs" => scene.Fails(new ApiError.Timeout(), times: 9),
            "closed" => scene.Fails(new ApiError.Closed(), times: 9),
            "offline" => scene.Gets(9, Offline),
            "mixed" => scene.Fails(new ApiError.Timeout(), times: 3).Gets(5, Offline).Fails(new ApiError.Failed("boom"), times: 2),
            _ => scene,
        };
        scene.Gets(Online((minutes * 60_000) + 1).Gear(ShiftState.D, 30).Charging("Complete", counterKwh ?? 40,
            gainedMiles is { } gained ? 100 + gained : null));
        var rows = string.Join("; ", scene.Rows);
        var began = $"state online T+{(minutes * 60_000) + 1}; pos; drive, pos(d) 48";
        rows.ShouldBe(expected switch
        {
            "goes on" => "pos(d) 48",
            "lost" => $"close timeout; {began}",
            _ => $"close ended; charging; charge {(counterKwh < 40 ? 0 : 40)}; charge {counterKwh ?? 40}; complete; {began}",
        });
    }

    [Fact]
    public void What_the_stream_told_of_a_drive_is_no_gap()
    {
        var scene = new Scene(streaming: true).Gets(Online(0).Range(100), Online(1).Gear(ShiftState.D, 30).Range(100)).From();
        for (var minute = 1; minute <= 40; minute++)
            scene.Samples(Sample(minute * 60_000, ShiftState.D, mph: 30, latitude: minute)).Fails(new ApiError.Timeout());
        scene.Gets(Online(40 * 60_000 + 1000).Gear(ShiftState.D, 30).Range(107));
        scene.Rows.ShouldAllBe(row => row == "pos(d) 48");
    }

    [Fact]
    public void A_pause_of_the_stream_may_be_a_charge()
    {
        var scene = new Scene(streaming: true).Gets(Online(0).Range(100), Online(1).Gear(ShiftState.D, 30).Range(100)).From();
        scene.Samples(Sample(60_000, ShiftState.D, mph: 30)).Fails(new ApiError.Timeout()).Samples(Sample(480_000, ShiftState.D, mph: 30));
        scene.Gets(Online(500_000).Gear(ShiftState.D, 30).Range(160));
        scene.Rows.ShouldContain("charging");
    }

    [Theory]
    [InlineData(120, 25.0, ShiftState.D, "close timeout; state online T+7200000; pos; drive, pos(d); pos(d) 48")]
    [InlineData(14, 0.0, ShiftState.D, "pos(d) 48")]
    [InlineData(120, 5.0, ShiftState.D, "close timeout; state online T+7200000; pos; drive, pos(d); pos(d) 48")]
    [InlineData(120, 0.1, ShiftState.D, "close timeout; state online T+7200000; pos; drive, pos(d) 48")]
    [InlineData(120, 0.0, ShiftState.P, "close timeout; state online T+7200000; pos")]
    [InlineData(14, 0.0, ShiftState.P, "pos(d); close ended; state online T+840000; pos")]
    public void A_quarter_of_an_hour_of_errors_ends_a_drive_and_what_it_moved_belongs_to_the_next(int minutes, double miles, ShiftState gear,
        string expected)
    {
        var scene = new Scene().Gets(Online(0).Odometer(1000), Online(1).Gear(ShiftState.D, 30).Odometer(1000)).From()
            .PassMinutes(minutes).Fails(new ApiError.Timeout(), times: 8)
            .Gets(Online(minutes * 60_000).Gear(gear, gear == ShiftState.D ? 30 : null).Odometer(1000 + miles));
        string.Join("; ", scene.Rows).ShouldBe(expected);
    }

    [Fact]
    public void What_a_car_moved_during_hours_of_errors_is_in_the_logbook()
    {
        var scene = new Scene().Gets(Online(0).Odometer(1000), Online(1).Gear(ShiftState.D, 30).Odometer(1000)).From()
            .PassMinutes(120).Fails(new ApiError.Timeout()).Gets(Online(120 * 60_000).Gear(ShiftState.P).Odometer(1005));
        scene.Rows.ShouldBe(["close timeout", "state online T+7200000", "pos", "drive, pos(d)", "pos(d)", "close ended"]);
        scene.Entries.OfType<LogbookEntry.StartDrive>().Single().Position.OdometerKm.ShouldBe(Conversions.Kilometres(1000, 6));
    }

    [Theory]
    [InlineData(null, 5)]
    [InlineData(0, 5)]
    [InlineData(-3, 5)]
    [InlineData(1, 20)]
    [InlineData(12, 20)]
    [InlineData(13, 19)]
    [InlineData(17, 15)]
    [InlineData(22, 11)]
    [InlineData(50, 5)]
    [InlineData(250, 5)]
    public void The_faster_a_car_charges_the_more_often_it_is_asked(int? powerKw, double seconds) =>
        new PollingIntervals().WhileCharging(powerKw).TotalSeconds.ShouldBe(seconds);

    [Theory]
    [InlineData("Stopped")]
    [InlineData("Complete")]
    [InlineData("Disconnected")]
    [InlineData(null)]
    public void Any_other_word_ends_a_charge(string? word)
    {
        var scene = Scenes.In("charging").From().Gets(Online(2).Charging(word, 0.4, 10));
        scene.Rows.ShouldBe(["pos", "charge 0.4", "complete", "state online T+2", "pos"]);
    }

    [Theory]
    [InlineData(0.1, 0.0, "charge 0.1")]
    [InlineData(9.0, 0.0, "charge 9")]
    [InlineData(0.01, 0.0, "complete; state online T+7200000; pos; charging; charge 0.01")]
    [InlineData(9.0, 1.0, "complete; state online T+7200000; pos; charging; charge 9")]
    public void A_car_that_charges_after_a_long_silence_charges_on_or_once_more_or_elsewhere(double kwh, double latitude, string expected)
    {
        var scene = Scenes.In("charging").From().PassMinutes(120).Gets(Offline).Gets(Online(120 * 60_000, latitude).Charging("Charging", kwh, 120));
        string.Join("; ", scene.Rows).ShouldBe(expected);
    }

    [Fact]
    public void What_a_silent_car_had_charged_by_its_end_belongs_to_the_charge() =>
        Scenes.In("charging").From().PassMinutes(120).Gets(Offline).Gets(Online(120 * 60_000).Charging("Complete", 9, 120)).Rows
            .ShouldBe(["pos", "charge 9", "complete", "state online T+7200000", "pos"]);

    [Fact]
    public void A_refusal_is_told_although_other_errors_came_before()
    {
        var scene = Scenes.In("online").From().Fails(new ApiError.Failed("HTTP 503"), times: 3)
            .Fails(new ApiError.Refused(403, "mobile access disabled"), times: 3);
        scene.Effects.OfType<Effect.Log>().Select(tell => tell.Note).OfType<Note.RequestFailed>().Select(note => note.InARow).ShouldBe([1, 2, 4]);
    }

    [Fact]
    public void An_update_outlasts_a_silence()
    {
        var scene = Scenes.In("updating").From().Gets(Offline);
        (scene.Poll, scene.Summaries.Count).ShouldBe((10, 0));
        scene.Gets(Asleep).Poll.ShouldBe(10);
        scene.Gets(Online(2).Body(body => body with { SoftwareUpdate = null })).Poll.ShouldBe(5);
        scene.Gets(Online(2).Update(null)).Poll.ShouldBe(5);
        scene.Gets(Online(3).Update("installing", install: 42)).Poll.ShouldBe(15);
        (scene.Summaries.Count, scene.Summaries[^1].InstallPerc).ShouldBe((1, 42));
        scene.Entries.ShouldBeEmpty();
        scene.Phase.ShouldBeOfType<VehiclePhase.Updating>();
    }

    [Theory]
    [InlineData("asleep")]
    [InlineData("offline")]
    public void An_update_of_a_car_that_stays_away_is_settled_by_its_next_answer(string state)
    {
        var scene = Scenes.In("updating").From().PassMinutes(59).Gets(Elsewhere(state));
        (scene.Poll, scene.Entries.Count).ShouldBe((10, 0));
        scene.PassMinutes(2).Gets(Elsewhere(state)).States.ShouldBe([state]);
        scene.Rows.ShouldNotContain(row => row.Contains("update", StringComparison.Ordinal), "nobody knows yet");
        scene.From().Gets(Online(8_000_000).Update("", "2.0 b")).Rows.ShouldContain("finish update T+8000000 2.0 b");
    }

    [Theory]
    [InlineData("downloading", 100, false)]
    [InlineData("", null, false)]
    [InlineData("downloading", 50, true)]
    [InlineData("scheduled", null, true)]
    public void Only_expected_ends_of_an_update_are_quiet(string status, int? install, bool isOdd)
    {
        var scene = Scenes.In("updating").From().Gets(Online(2).Update(status, "2", install: install));
        scene.Rows.First().ShouldBe("finish update T+2 2");
        scene.Effects.Any(effect => effect is Effect.Log(Note.UpdateEndedOddly)).ShouldBe(isOdd);
    }

    [Theory]
    [InlineData("asleep")]
    [InlineData("offline")]
    public void A_sleeping_car_is_published_at_every_steady_look(string state)
    {
        var scene = Scenes.In(state).From().Gets(3, Elsewhere(state));
        (scene.Summaries.Count, scene.Poll).ShouldBe((3, 30));
    }

    [Theory]
    [InlineData("asleep")]
    [InlineData("offline")]
    public void After_a_wish_to_resume_a_sleeping_car_is_looked_at_more_often_for_a_while(string state)
    {
        var scene = Scenes.In(state).From().Resume();
        scene.Last.OfType<Effect.Fetch>().ShouldHaveSingleItem();
        List<double?> pauses = [];
        for (var i = 0; i < 7; i++)
        {
            scene.Gets(Elsewhere(state));
            pauses.Add(scene.Poll);
        }

        pauses.ShouldBe([1, 2, 4, 8, 16, 30, 30]);
        scene.Summaries.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("asleep", "offline")]
    [InlineData("offline", "asleep")]
    public void Between_asleep_and_offline_lies_a_second_look(string from, string to)
    {
        var scene = Scenes.In(from).From().Gets(Elsewhere(to));
        (scene.Poll, scene.Entries.Count).ShouldBe((10, 0));
        scene.Gets(Elsewhere(to)).States.ShouldBe([to]);
    }

    [Fact]
    public void An_asleep_interval_of_its_own_keeps_publishing()
    {
        var scene = Scenes.In("asleep", settings: new VehicleSettings { Polling = new PollingIntervals { Asleep = TimeSpan.FromSeconds(120) } })
            .From().Gets(2, Asleep);
        (scene.Summaries.Count, scene.Poll).ShouldBe((2, 120));
    }

    [Fact]
    public void The_least_pause_holds_for_every_pause_but_the_fixed_ones()
    {
        var scene = Scenes.In("driving", settings: new VehicleSettings { Polling = new PollingIntervals { Minimum = TimeSpan.FromSeconds(20) } });
        scene.Poll.ShouldBe(20);
        scene.Gets(Offline).Poll.ShouldBe(20);
        scene.Gets(Elsewhere("unknown")).Poll.ShouldBe(10);
    }

    // The stream.

    [Theory]
    [InlineData(false, false, 0.0)]
    [InlineData(true, false, null)]
    [InlineData(false, true, null)]
    public void Negative_power_is_a_charge_unless_the_car_warms_up(bool preconditioning, bool dog, double? poll)
    {
        var scene = new Scene(streaming: true)
            .Gets(Online(0).Climate(climate => climate with { IsPreconditioning = preconditioning, ClimateKeeperMode = dog ? "dog" : "off" })).From();
        scene.Samples(Sample(1, gear: null, power: -3)).Poll.ShouldBe(poll);
    }

    [Theory]
    [InlineData("online", ShiftState.P, 0)]
    [InlineData("online", ShiftState.P, null)]
    [InlineData("online", ShiftState.P, -3)]
    [InlineData("online", null, 3)]
    [InlineData("suspended", ShiftState.P, 0)]
    [InlineData("suspended", null, null)]
    [InlineData("start", ShiftState.D, 3)]
    [InlineData("charging", ShiftState.D, 3)]
    [InlineData("updating", ShiftState.D, 3)]
    public void Samples_that_mean_nothing(string state, ShiftState? gear, int? power)
    {
        var scene = Scenes.In(state, streaming: true).From();
        scene.Says(new StreamEvent.Data(new StreamId(1), Sample(60_000, gear, power))).Last.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void Power_ends_a_suspension(int power)
    {
        var scene = Scenes.In("suspended", streaming: true).PassMinutes(5).From();
        var since = scene.Vehicle.Since;
        scene.Samples(Sample(60_000, ShiftState.P, power)).Poll.ShouldBe(0);
        scene.Phase.ShouldBeOfType<VehiclePhase.Online>();
        (scene.Vehicle.LastUsed, scene.Vehicle.Since, scene.Summaries.Count).ShouldBe((scene.Now, since, 0));
        scene.Last.ShouldContain(Positions.Arm);
    }

    [Theory]
    [InlineData("online", 1000)]
    [InlineData("suspended", 1)]
    public void Outdated_samples_are_ignored_even_in_gear(string state, double lateMs)
    {
        var scene = Scenes.In(state, streaming: true).Gets(state == "online" ? Online(5000) : Bare).From();
        var last = (scene.Vehicle.LastResponse!.DriveState!.Timestamp!.Value - T).TotalMilliseconds;
        scene.Samples(Sample(last - lateMs, ShiftState.D, mph: 50)).Last.ShouldBe([new Effect.Log(new Note.StaleSample())]);
    }

    [Fact]
    public void A_late_sample_is_no_row_unless_the_cars_clock_was_set()
    {
        var scene = Scenes.In("online", streaming: true).Samples(Sample(10_000, ShiftState.D, mph: 10), Sample(20_000, ShiftState.D, mph: 20)).From();
        scene.Samples(Sample(10_000, ShiftState.D, mph: 10), Sample(15_000, ShiftState.D, mph: 15),
            Sample(20_000, ShiftState.D, mph: 20)).Rows.ShouldBeEmpty();
        scene.Summaries.ShouldBeEmpty();
        scene.Samples(Sample(30_000, ShiftState.D, mph: 30), Sample(-3_600_000, ShiftState.D, mph: 40)).Rows.ShouldBe(["pos(d) 48", "pos(d) 64"]);
    }

    [Fact]
    public void A_repeated_sample_is_one_row()
    {
        var scene = Scenes.In("online", streaming: true).Samples(Sample(10, ShiftState.D, mph: 10)).From();
        scene.Samples(Sample(20, ShiftState.D, mph: 20), Sample(20, ShiftState.D, mph: 20), Sample(30, ShiftState.D, mph: 30));
        scene.Rows.ShouldBe(["pos(d) 32", "pos(d) 48"]);
    }

    [Theory]
    [InlineData("driving", ShiftState.P)]
    [InlineData("driving", null)]
    [InlineData("unavailable", ShiftState.D)]
    [InlineData("lost", ShiftState.D)]
    public void Any_other_sample_of_a_driving_car_asks_rest(string state, ShiftState? gear)
    {
        var scene = Scenes.In(state, streaming: true).From();
        scene.Says(new StreamEvent.Data(new StreamId(1), Sample(60_000, gear)));
        if (scene.Vehicle.IsStreaming)
            scene.Poll.ShouldBe(0);
        else
            scene.Last.ShouldBeEmpty("the stream was closed when the car went offline");
        scene.Entries.ShouldBeEmpty();
    }

    /// <summary>Plays a minute in which the stream repeats itself every second while every request is answered at once.</summary>
    static Scene Minute(Scene scene, Func<int, StreamReading> sample, Func<int, VehicleData> answer, int seconds = 60)
    {
        for (var second = 1; second <= seconds; second++)
        {
            scene.Passes(TimeSpan.FromSeconds(1));
            Answer();
            scene.Samples(sample(second * 1000));
            Answer();

            void Answer()
            {
                if (scene.Vehicle is { Poll: { } poll, PollDue: { } due } && due <= scene.Now)
                    scene.Send(new VehicleEvent.PollDue(scene.Now, poll));
                if (scene.Vehicle.Request is not null)
                    scene.Gets(answer(second * 1000));
            }
        }

        return scene;
    }

    [Theory]
    [InlineData(ShiftState.P, null, 0)]
    [InlineData(ShiftState.P, 0, 0)]
    [InlineData(ShiftState.P, 30, 1)]
    [InlineData(null, null, 1)]
    [InlineData(null, 30, 2)]
    public void A_stream_that_contradicts_the_answers_makes_no_drive_a_second(ShiftState? answered, int? mph, int drives)
    {
        var scene = new Scene(streaming: true).Gets(Online(-1000).Gear(answered)).From();
        Minute(scene, at => Sample(at, ShiftState.D, mph: mph), at => Online(at).Gear(answered));
        scene.Entries.OfType<LogbookEntry.StartDrive>().Count().ShouldBeLessThanOrEqualTo(drives);
        scene.Plans.Count.ShouldBeLessThanOrEqualTo(12);
    }

    [Theory]
    [InlineData("online")]
    [InlineData("suspended")]
    public void Where_the_answer_says_p_a_streamed_gear_asks_first_and_is_believed_when_it_moves(string state)
    {
        var scene = new Scene(streaming: true).Gets(Online(0).Gear(ShiftState.P));
        if (state == "suspended")
            scene.Suspend(new ApiAnswer<VehicleData>.Ok(Online(1).Gear(ShiftState.P)));
        scene.From().Samples(Sample(1000, ShiftState.D, odometer: 1000)).Poll.ShouldBe(0);
        scene.Rows.ShouldBeEmpty();
        scene.Gets(Online(1500).Gear(ShiftState.P)).Samples(Sample(2000, ShiftState.D, odometer: 1000));
        scene.Plans.ShouldBe([FetchPlan.VehicleDataElseVehicle]);
        scene.Rows.ShouldBeEmpty();
        scene.Samples(Sample(3000, ShiftState.D, odometer: 1000.1)).Rows.ShouldBe(["drive, pos(d)"]);
    }

    [Theory]
    [InlineData(0.0, null, 5, true)]
    [InlineData(0.0, null, null, false)]
    [InlineData(0.001, null, null, true)]
    [InlineData(0.0, 1000.1, null, true)]
    [InlineData(0.0, 1000.0, 0, false)]
    public void A_reading_moves_by_place_odometer_or_speed(double latitude, double? odometer, int? mph, bool moves)
    {
        var scene = new Scene(streaming: true).Gets(Online(0).Gear(ShiftState.P)).Samples(Sample(1000, ShiftState.D, odometer: 1000))
            .Gets(Online(1500).Gear(ShiftState.P));
        scene.From().Samples(Sample(3000, ShiftState.D, mph: mph, odometer: odometer, latitude: latitude)).Rows.Any().ShouldBe(moves);
    }

    [Fact]
    public void Where_the_answer_says_p_a_streamed_gear_that_the_next_answer_confirms_is_a_drive()
    {
        var scene = new Scene(streaming: true).Gets(Online(0).Gear(ShiftState.P)).Samples(Sample(1000, ShiftState.D)).From();
        scene.Gets(Online(1500).Gear(ShiftState.D, 1)).Rows.ShouldBe(["drive, pos(d) 2"]);
    }

    [Fact]
    public void A_moving_car_need_not_wait_for_an_api_that_does_not_answer()
    {
        var scene = new Scene(streaming: true).Gets(Online(0).Gear(ShiftState.P)).Samples(Sample(1000, ShiftState.D)).Fails(new ApiError.Timeout())
            .From();
        scene.Samples(Sample(2000, ShiftState.D, mph: 10)).Rows.ShouldBe(["drive, pos(d) 16"]);
    }

    [Fact]
    public void A_stream_that_says_p_while_the_answers_say_d_asks_every_five_seconds()
    {
        var scene = Scenes.In("driving", streaming: true).From();
        Minute(scene, at => Sample(at, ShiftState.P), at => Online(at).Gear(ShiftState.D, 30));
        scene.Plans.Count.ShouldBeInRange(8, 13);
    }

    [Fact]
    public void A_stream_that_says_offline_every_second_asks_every_five_seconds()
    {
        var scene = new Scene(streaming: true).Gets(Online(0)).From();
        for (var second = 1; second <= 60; second++)
        {
            scene.Passes(TimeSpan.FromSeconds(1)).Says(new StreamEvent.VehicleOffline(new StreamId(1)));
            if (scene.Vehicle is { Poll: { } poll, PollDue: { } due } && due <= scene.Now)
                scene.Send(new VehicleEvent.PollDue(scene.Now, poll)).Gets(Online(second * 1000));
        }

        scene.Plans.Count.ShouldBeInRange(8, 13);
        scene.Effects.Count(effect => effect is Effect.Log(Note.StreamSaysOffline)).ShouldBeLessThan(14);
    }

    [Fact]
    public void A_stream_cannot_put_off_its_own_poll()
    {
        var scene = new Scene(streaming: true,
            settings: new VehicleSettings { Polling = new PollingIntervals { Minimum = TimeSpan.FromSeconds(20) } }).Gets(Online(0)).From();
        Minute(scene, at => Sample(at, null, power: -1), at => Online(at));
        scene.Plans.Count.ShouldBeInRange(2, 4);
    }

    [Fact]
    public void Words_of_a_former_stream_are_ignored()
    {
        var scene = Scenes.In("online", streaming: true);
        var former = scene.Vehicle.Stream!.Value;
        scene.Says(new StreamEvent.TokensExpired(new StreamId(1))).From();
        scene.Send(new VehicleEvent.Streamed(scene.Now, former, new StreamEvent.Data(new StreamId(1), Sample(60_000, ShiftState.D)),
            Surroundings.Unknown))
            .Last.ShouldBeEmpty();
    }

    [Fact]
    public void A_stream_that_gives_up_is_replaced()
    {
        foreach (StreamEvent said in new StreamEvent[] { new StreamEvent.TokensExpired(new StreamId(1)),
            new StreamEvent.TooManyDisconnects(new StreamId(1)) })
        {
            var scene = Scenes.In("online", streaming: true).From().Says(said);
            scene.Last.Select(effect => effect.GetType()).ShouldBe([typeof(Effect.DisconnectStream), typeof(Effect.ConnectStream)]);
        }
    }

    [Theory]
    [InlineData("online")]
    [InlineData("driving")]
    [InlineData("suspended")]
    public void A_stream_that_says_offline_asks_rest(string state)
    {
        var scene = Scenes.In(state, streaming: true).From().Says(new StreamEvent.VehicleOffline(new StreamId(1)));
        scene.Poll.ShouldBe(0);
        scene.Entries.ShouldBeEmpty();
    }

    [Fact]
    public void A_silent_stream_of_a_suspended_car_asks_for_a_glimpse()
    {
        var scene = Scenes.In("suspended", streaming: true).From().Says(new StreamEvent.Inactive(new StreamId(1)));
        scene.Last.ShouldBe([new Effect.AvailabilityProbe()]);
        scene.Send(new VehicleEvent.AvailabilityProbed(scene.Now, new ApiAnswer<VehicleData>.Ok(Bare), Surroundings.Unknown)).Last.ShouldBeEmpty();
        scene.Send(new VehicleEvent.AvailabilityProbed(scene.Now, new ApiError.Timeout(), Surroundings.Unknown)).Last.ShouldBeEmpty();
        scene.Send(new VehicleEvent.AvailabilityProbed(scene.Now, new ApiAnswer<VehicleData>.Ok(Asleep), Surroundings.Unknown));
        scene.Entries.ShouldBe([new LogbookEntry.StartState(CarActivity.Asleep, scene.Now)]);
        scene.States.ShouldBe(["asleep"]);
        scene.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void A_glimpse_of_a_car_that_is_suspended_no_more_is_ignored()
    {
        var scene = Scenes.In("online", streaming: true);
        scene.Send(new VehicleEvent.AvailabilityProbed(scene.Now, new ApiAnswer<VehicleData>.Ok(Asleep), Surroundings.Unknown)).Last.ShouldBeEmpty();
    }

    [Fact]
    public void A_stream_that_falls_silent_while_it_is_asked_gets_another_chance()
    {
        var scene = Scenes.In("asleep", streaming: true).Gets(Bare).Samples(Sample(0, power: null)).Says(new StreamEvent.Inactive(new StreamId(1)));
        scene.Vehicle.PreOnline.ShouldBe(PreOnline.Idle);
        scene.Gets(Bare).Vehicle.PreOnline.ShouldBe(PreOnline.Probing);
        scene.Poll.ShouldBe(30);
    }

    [Theory]
    [InlineData(nameof(PreOnline.Idle), null, nameof(PreOnline.ConfirmedFake))]
    [InlineData(nameof(PreOnline.Probing), null, nameof(PreOnline.ConfirmedFake))]
    [InlineData(nameof(PreOnline.ConfirmedFake), null, nameof(PreOnline.ConfirmedFake))]
    [InlineData(nameof(PreOnline.ConfirmedReal), null, nameof(PreOnline.ConfirmedReal))]
    [InlineData(nameof(PreOnline.Idle), 0, nameof(PreOnline.ConfirmedReal))]
    [InlineData(nameof(PreOnline.Probing), 0, nameof(PreOnline.ConfirmedReal))]
    [InlineData(nameof(PreOnline.ConfirmedFake), 0, nameof(PreOnline.ConfirmedReal))]
    [InlineData(nameof(PreOnline.ConfirmedReal), 0, nameof(PreOnline.ConfirmedReal))]
    public void A_power_value_tells_whether_a_car_is_really_awake(string before, int? power, string after)
    {
        var scene = Scenes.In("asleep", streaming: true).Gets(Bare);
        var (next, effects) = Vehicle.Transition(
            scene.Vehicle with { PreOnline = Enum.Parse<PreOnline>(before) },
            new VehicleEvent.Streamed(scene.Now, scene.Vehicle.Stream!.Value, new StreamEvent.Data(new StreamId(1), Sample(0, power: power)),
                Surroundings.Unknown));
        next.PreOnline.ToString().ShouldBe(after);
        effects.Any(effect => effect is Effect.Poll).ShouldBe(after == nameof(PreOnline.ConfirmedReal) && before != after);
    }

    // Places and times that are missing.

    [Fact]
    public void Without_coordinates_or_time_a_car_is_logged_as_far_as_possible()
    {
        var scene = new Scene(streaming: true).Gets(Online(0, null, null).Timed(null));
        scene.Entries.OfType<LogbookEntry.StartState>().ShouldHaveSingleItem().Since.ShouldBe(scene.Now);
        scene.Rows.ShouldNotContain("pos");
        scene.States.ShouldBe(["online"]);
        scene.Gets(Online(0, null, null).Timed(null).Gear(ShiftState.D, 10)).States.ShouldBe(["online", "driving"]);
        scene.Gets(Online(0, 1, 1).Timed(null).Gear(ShiftState.D, 10)).Rows.Last().ShouldBe("drive, pos(d) 16");
    }

    [Fact]
    public void Without_coordinates_a_drive_begins_and_ends_at_the_last_known_place()
    {
        var scene = new Scene().Gets(Online(0, 5, 6)).From().Gets(
            Online(1, null, null).Gear(ShiftState.D, 10), Online(2, null, null).Gear(ShiftState.D, 10), Online(3, null, null).Gear(ShiftState.P));
        scene.Rows.ShouldBe(["drive, pos(d) 16", "pos(d)", "close ended", "state online T+3"]);
        scene.Entries.OfType<LogbookEntry.StartDrive>().Single().Position.Latitude.ShouldBe(5);
    }

    [Fact]
    public void A_charge_without_any_known_place_is_published_but_not_written_until_a_place_is_known()
    {
        var scene = new Scene().Gets(Online(0, null, null), Online(1, null, null).Charging("Charging", 1, 1));
        scene.States.ShouldBe(["online", "charging"]);
        scene.Rows.ShouldBe(["state online T+0"]);
        scene.Gets(Online(2, 5, 6).Charging("Charging", 2, 1)).Rows.ShouldBe(["state online T+0", "charging", "charge 2"]);
    }

    // Timers and clocks.

    [Fact]
    public void Every_five_minutes_the_last_answer_is_a_position_unless_it_was_one()
    {
        var scene = new Scene().Gets(Online(0)).From();
        scene.Send(new VehicleEvent.PositionDue(scene.Now)).Last.ShouldBe([Positions.Arm]);
        scene.Gets(Online(300_000)).Send(new VehicleEvent.PositionDue(scene.Now));
        scene.Entries.OfType<LogbookEntry.InsertPosition>().ShouldHaveSingleItem().Position.Date.ShouldBe(T.AddMinutes(5));
        scene.Last.ShouldContain(Positions.Arm);
    }

    [Theory]
    [InlineData("driving")]
    [InlineData("suspended")]
    [InlineData("asleep")]
    public void In_other_states_the_timer_of_positions_ends(string state)
    {
        var scene = Scenes.In(state);
        scene.Send(new VehicleEvent.PositionDue(scene.Now)).Last.ShouldBeEmpty();
    }

    [Fact]
    public void A_server_clock_that_goes_back_keeps_no_car_awake()
    {
        var scene = new Scene(idleMin: 15).Gets(Online(0)).PassMinutes(10).Gets(Online(1));
        scene.Passes(TimeSpan.FromDays(-1)).Gets(Online(2));
        scene.Phase.ShouldBeOfType<VehiclePhase.Online>();
        scene.PassMinutes(6).Gets(Online(3)).Phase.ShouldBeOfType<VehiclePhase.Suspended>();
    }

    [Fact]
    public void A_server_clock_that_goes_back_keeps_no_car_unhealthy()
    {
        var scene = Scenes.In("online").Fails(new ApiError.Failed("boom"), 4);
        scene.Vehicle.IsHealthy(scene.Now).ShouldBeFalse();
        scene.Passes(TimeSpan.FromHours(-5));
        scene.Vehicle.IsHealthy(scene.Now).ShouldBeTrue();
        scene.Fails(new ApiError.Failed("boom"), 3);
        scene.Vehicle.IsHealthy(scene.Now).ShouldBeTrue("failures that are hours in the future do not count");
    }

    [Fact]
    public void A_server_clock_that_goes_back_hides_no_silence()
    {
        var scene = Scenes.In("charging").From().Passes(TimeSpan.FromHours(-5)).Gets(Online(10).Charging("Charging", 0.2, 100)).PassMinutes(20);
        scene.Passes(TimeSpan.FromHours(-5)).Gets(Offline).PassMinutes(20).Gets(Online(20).Charging("Charging", 0.1, 90));
        scene.Rows.ShouldBe(["charge 0.2", "complete", "state online T+20", "pos", "charging", "charge 0.1"]);
    }

    [Fact]
    public void The_elevation_of_a_stream_that_was_switched_off_is_shown_no_longer_than_until_another_is_known()
    {
        var scene = Scenes.In("online", streaming: true).Samples(Sample(10_000, ShiftState.D, mph: 10) with { Elevation = 700 });
        scene.Summaries[^1].Elevation.ShouldBe(700);
        scene.Changes(settings => settings with { UseStreamingApi = false })
            .Gets(Online(20_000).Gear(ShiftState.D, 10)).Summaries[^1].Elevation.ShouldBe(700);
        scene.Ask().Send(new VehicleEvent.Answered(
            scene.Now, scene.Vehicle.Request!.Value, new ApiAnswer<VehicleData>.Ok(Online(30_000).Gear(ShiftState.D, 10)),
            new Surroundings(null, 650)));
        scene.Summaries[^1].Elevation.ShouldBe(650);
    }
}
