using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Life;

/// <summary>The sequences of spec vehicle 17, with the rows and publications that the reference's tests expect.</summary>
public class WorkedSequences
{
    [Theory]
    [InlineData(null)]
    [InlineData(ShiftState.P)]
    public void A_drive_without_stream(ShiftState? parked)
    {
        var scene = new Scene().Gets(
            Online(1), Online(2, 0.1, 0.1).Gear(ShiftState.D, 60), Online(3, 0.1, 0.1).Gear(ShiftState.N, 30),
            Online(4, 0.1, 0.1).Gear(ShiftState.R, -5),
            Online(5, 0.2, 0.2).Gear(parked));

        scene.Rows.ShouldBe(
            ["state online T+1", "pos", "drive, pos(d) 97", "pos(d) 48", "pos(d) -8", "pos(d)", "close ended", "state online T+5", "pos"]);
        scene.States.ShouldBe(["online", "driving", "online"]);
        scene.Summaries.Where(summary => summary.State == VehicleStateName.Driving).Select(summary => summary.Since).Distinct().Count().ShouldBe(1);
        scene.Summaries[^1].Since.ShouldBe(T.AddMilliseconds(5), "the row of the state is the same as before the drive, but the car drove until now");
        scene.Entries.OfType<LogbookEntry.CloseDrive>().ShouldHaveSingleItem().LookUpAddresses.ShouldBeTrue();
    }

    [Fact]
    public void A_bare_answer_within_a_drive_writes_nothing()
    {
        var scene = new Scene().Gets(Online(1), Online(2).Gear(ShiftState.D, 60)).From().Gets(Bare);
        scene.Rows.ShouldBeEmpty();
        scene.Gets(Online(3).Gear(ShiftState.D, 50)).Rows.ShouldBe(["pos(d) 80"]);
    }

    [Fact]
    public void A_short_loss_of_connection_while_driving()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Gear(ShiftState.D, 50)).Gets(Offline);
        scene.Poll.ShouldBe(5);
        scene.Gets(Elsewhere("unknown")).Poll.ShouldBe(10);
        scene.Gets(Online(2).Gear(ShiftState.D, 55), Online(3).Gear(ShiftState.D, 40), Online(4, 0.2, 0.2).Gear(null));

        scene.Rows.ShouldBe(
            ["state online T+0", "pos", "drive, pos(d) 80", "pos(d) 89", "pos(d) 64", "pos(d)", "close ended", "state online T+4", "pos"]);
        scene.States.ShouldBe(["online", "driving", "online"]);
    }

    [Fact]
    public void A_long_loss_with_gained_range_is_a_charge()
    {
        var there = Online(0, 0.1, 0.1).Gear(ShiftState.D, 30).Charging(null, kwh: 0, range: 200);
        var back = Online(1 + (5 * 60_000), 0.2, 0.2).Gear(ShiftState.D, 20).Charging(null, kwh: 45, range: 300);
        var scene = new Scene().Gets(there, there.Timed(T.AddMilliseconds(1)));
        scene.Gets(17, Offline).States.ShouldBe(["online", "driving", "offline"]);
        scene.Gets(3, Offline).Gets(back, Online((5 * 60_000) + 2, 0.3, 0.3).Gear(null));

        scene.Rows.ShouldBe(
            [
                "state online T+0", "pos", "drive, pos(d) 48", "pos(d) 48",
                "close ended", "charging", "charge 0", "charge 45", "complete",
                "state online T+300001", "pos", "drive, pos(d) 32", "pos(d)", "close ended", "state online T+300002", "pos",
            ]);
        scene.States.ShouldBe(["online", "driving", "offline", "online", "driving", "online"]);
        var place = scene.Entries.OfType<LogbookEntry.StartCharging>().ShouldHaveSingleItem().Position;
        (place.Latitude, place.Longitude).ShouldBe((0.1, 0.1));
        scene.Entries.OfType<LogbookEntry.InsertCharge>()
            .Select(insert => (insert.Charge.Date, insert.Charge.EnergyAddedKwh, insert.Charge.ChargerPowerKw))
            .ShouldBe([(T.AddMilliseconds(1), 0, 0), (T.AddMilliseconds(300_001), 45, 0)]);
    }

    [Fact]
    public void A_long_loss_without_gained_range_ends_the_drive()
    {
        var scene = new Scene(streaming: true);
        scene.Gets(Online(0), Online(1).Gear(ShiftState.D, 30).Range(200)).IsConnected.ShouldBeTrue();
        scene.Gets(Offline).IsConnected.ShouldBeFalse();
        scene.Gets(20, Offline).From().Gets(Online(1 + (15 * 60_000)).Gear(ShiftState.D, 20).Range(190));

        scene.Rows.ShouldBe(["close timeout", "state online T+900001", "pos", "drive, pos(d) 32"]);
        scene.States.ShouldBe(["online", "driving"]);
        scene.IsConnected.ShouldBeTrue();
    }

    [Theory]
    [InlineData(16, new[] { "driving" })]
    [InlineData(20, new[] { "offline", "driving" })]
    public void A_drive_goes_on_after_four_minutes(int offline, string[] states)
    {
        var scene = new Scene(streaming: true).Gets(Online(0), Online(1).Gear(ShiftState.D, 30).Range(200)).From();
        scene.Gets(offline, Offline).Gets(Online(4 * 60_000).Gear(ShiftState.D, 20).Range(180));
        scene.Rows.ShouldBe(["pos(d) 32"]);
        scene.States.ShouldBe(states);
        scene.IsConnected.ShouldBeTrue();
    }

    [Fact]
    public void A_car_that_stays_away_is_offline_after_15_minutes()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Gear(ShiftState.D, 30).Range(200)).From();
        var asked = 0;
        while (scene.Phase is not VehiclePhase.Offline && asked++ < 100)
            scene.Gets(Offline);

        scene.Rows.First().ShouldBe("close timeout");
        scene.Rows.Count().ShouldBe(2);
        scene.Entries[^1].ShouldBeOfType<LogbookEntry.StartState>().Activity.ShouldBe(CarActivity.Offline);
        (scene.Now - T).TotalMinutes.ShouldBeInRange(15, 17);
        scene.States.ShouldBe(["offline"]);
    }

    [Fact]
    public void A_car_that_falls_asleep_while_driving()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Gear(ShiftState.D, 30)).From().Gets(Asleep, Asleep);
        scene.Rows.First().ShouldBe("close aborted");
        scene.Entries[^1].ShouldBe(new LogbookEntry.StartState(CarActivity.Asleep, scene.Now));
        scene.States.ShouldBe(["asleep"]);
    }

    [Fact]
    public void A_drive_by_stream()
    {
        var scene = new Scene(streaming: true).Gets(Online(0, 42, 43)).From();
        scene.Samples(Sample(0, ShiftState.P)).Last.ShouldBeEmpty();

        scene.Samples(Sample(100, ShiftState.D, power: 5, mph: 10, soc: 60, elevation: 1, odometer: 1000, latitude: 42.1, longitude: 42.0));
        scene.Poll.ShouldBe(0);
        scene.Entries.OfType<LogbookEntry.StartDrive>().ShouldHaveSingleItem().Position.ShouldBe(new PositionReading
        {
            Date = T.AddMilliseconds(100),
            Latitude = 42.1,
            Longitude = 42.0,
            SpeedKmH = 16,
            BatteryLevel = 60,
            ElevationM = 1,
            OdometerKm = 1609.344,
            PowerKw = 5,
        });
        var first = scene.Summaries.ShouldHaveSingleItem();
        (first.State, first.Speed, first.Power, first.Elevation).ShouldBe((VehicleStateName.Driving, 16, 5, 1));

        scene.Samples(
            Sample(200, ShiftState.D, power: 10, mph: 15, elevation: 2, latitude: 42.2),
            Sample(300, ShiftState.N, power: 2, mph: 20, elevation: 3, latitude: 42.3),
            Sample(400, ShiftState.R, power: 1, mph: 3, elevation: 4, latitude: 42.4));
        scene.Summaries.Select(summary => summary.Elevation).ShouldBe([1, 2, 3, 4]);

        scene.Samples(Sample(500, ShiftState.P, elevation: 5)).Poll.ShouldBe(0);
        scene.Fails(new ApiError.Closed(), times: 5);
        scene.Vehicle.IsHealthy(scene.Now).ShouldBeTrue();
        scene.Gets(Online(600, 42.91, 42.81).Gear(ShiftState.P, 0));

        scene.Rows.ShouldBe(["drive, pos(d) 16", "pos(d) 24", "pos(d) 32", "pos(d) 5", "pos(d) 0", "close ended", "state online T+600", "pos"]);
        scene.Summaries[^1].State.ShouldBe(VehicleStateName.Online);
        scene.Summaries[^1].Elevation.ShouldBe(4);
    }

    [Fact]
    public void A_drive_by_stream_out_of_suspension()
    {
        var scene = Suspended().From();
        scene.Samples(Sample(1000, ShiftState.P, power: 0)).Last.ShouldBeEmpty();
        scene.Samples(Sample(2000, ShiftState.D, mph: 50)).Rows.ShouldBe(["drive, pos(d) 80"]);
        scene.States.ShouldBe(["driving"]);
    }

    [Fact]
    public void An_answer_older_than_the_first_sample_is_asked_again_at_once()
    {
        var scene = new Scene(streaming: true).Gets(Online(-10)).Samples(Sample(1, ShiftState.D, mph: 10)).From();
        scene.Gets(Online(0).Gear(ShiftState.P)).Rows.ShouldBeEmpty();
        scene.Poll.ShouldBe(0);
        scene.Gets(Online(4).Gear(ShiftState.P)).Rows.ShouldBe(["pos(d)", "close ended", "state online T+4", "pos"]);
    }

    [Fact]
    public void A_charge_with_stream()
    {
        var scene = new Scene(streaming: true).Gets(Online(0));
        scene.IsConnected.ShouldBeTrue();
        scene.Gets(Online(1).Charging("Starting", 0.1, range: 1)).IsConnected.ShouldBeFalse();
        scene.Gets(Online(2).Charging("Charging", 0.2, range: 2), Online(3).Charging("Charging", 0.3, range: 3),
            Online(4).Charging("Complete", 0.4, range: 4));
        scene.IsConnected.ShouldBeTrue();
        scene.Gets(Online(5).Charging("Complete", 0.4), Online(6).Charging("Unplugged", 0.4), Online(7));

        scene.Rows.ShouldBe(
            ["state online T+0", "pos", "charging", "charge 0.1", "charge 0.2", "charge 0.3", "pos", "charge 0.4", "complete", "state online T+4",
                "pos"]);
        scene.Entries.OfType<LogbookEntry.InsertCharge>().Select(insert => insert.Charge.IdealRangeKm).ShouldBe([1.61, 3.22, 4.83, 6.44]);
        scene.Entries.OfType<LogbookEntry.StartCharging>().ShouldHaveSingleItem().LookUpAddress.ShouldBeTrue();
        scene.States.ShouldBe(["online", "charging", "online"]);
        scene.Summaries.Where(summary => summary.State == VehicleStateName.Charging).Select(summary => summary.Since).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public void A_loss_while_charging_is_waited_out()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Charging("Charging", 0.1, 1)).From();
        scene.Gets(Offline).Poll.ShouldBe(10);
        scene.Rows.ShouldBeEmpty();
        scene.Summaries.ShouldBeEmpty();
        scene.Gets(Online(2).Charging("Charging", 0.2, 2)).Rows.ShouldBe(["charge 0.2"]);
    }

    [Fact]
    public void A_sleep_while_charging_completes()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Charging("Charging", 0.1, 1)).From().Gets(Asleep);
        scene.Rows.First().ShouldBe("complete");
        scene.Entries[^1].ShouldBe(new LogbookEntry.StartState(CarActivity.Asleep, scene.Now));
        scene.States.ShouldBe(["asleep"]);
    }

    [Fact]
    public void Negative_power_on_the_stream_leads_to_a_charge()
    {
        var scene = new Scene(streaming: true).Gets(Online(0)).From();
        scene.Samples(Sample(1, gear: null, power: -1)).Poll.ShouldBe(0);
        scene.Gets(Online(2).Charging("Charging", 0.1, 1)).Rows.ShouldBe(["charging", "charge 0.1"]);
    }

    [Fact]
    public void Negative_power_ends_a_suspension_before_a_charge()
    {
        var scene = Suspended().From();
        scene.Samples(Sample(1000, ShiftState.P, power: -5)).Poll.ShouldBe(0);
        scene.Summaries.ShouldBeEmpty();
        scene.Gets(Online(400_000)).States.ShouldBe(["online"]);
        scene.Gets(Online(400_001).Charging("Charging", 0.1, 1)).States.ShouldBe(["online", "charging"]);
        scene.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public void Suspending_and_sleeping_with_stream()
    {
        var scene = new Scene(streaming: true).Gets(Online(0));
        scene.Poll.ShouldBe(30);
        var answers = 0;
        while (scene.Phase is VehiclePhase.Online)
            scene.Gets(Online(1000 * ++answers));
        (scene.Now - T).TotalMinutes.ShouldBe(3);
        scene.Poll.ShouldBe(600);
        var suspendedSince = scene.Summaries[^1].Since;
        suspendedSince.ShouldBe(scene.Now);
        scene.From().Gets(Asleep);
        scene.IsConnected.ShouldBeFalse();
        scene.Disconnects.ShouldBe(1);
        scene.Entries.ShouldBe([new LogbookEntry.StartState(CarActivity.Asleep, scene.Now)]);
        scene.States.ShouldBe(["asleep"]);
    }

    [Fact]
    public void Suspending_without_stream_repeats_while_the_car_stays_awake()
    {
        var scene = new Scene(idleMin: 0).Gets(Online(0)).From();
        scene.PassMinutes(21).Gets(Online(1)).PassMinutes(21).Gets(Online(2));
        scene.Rows.ShouldBe(["pos", "pos"]);
        scene.States.ShouldBe(["suspended"]);
        scene.Summaries.Select(summary => summary.Since).Distinct().Count().ShouldBe(1);
        scene.PassMinutes(21).From().Gets(Online(3).Charging("Charging", 0.1, 1)).Rows.ShouldBe(["charging", "charge 0.1"]);
    }

    [Fact]
    public void An_update()
    {
        var scene = new Scene().Gets(
            Online(-1).Update("available", version: "2019.8.5 3aaa23d"), Online(0).Update("installing", "2019.8.4 530d1d3"),
            Online(1).Update("installing", "2019.8.4 530d1d3"), Online(2).Update("installing", "2019.8.4 530d1d3"), Bare, Offline,
            Online(5).Update("installing", "2019.8.4 530d1d3"), Online(6).Update("", "2019.8.5 3aaa23d"));

        scene.Rows.ShouldBe(["state online T+-1", "pos", "update T+0", "finish update T+6 2019.8.5 3aaa23d", "state online T+6", "pos"]);
        scene.States.ShouldBe(["online", "updating", "online"]);
        (scene.Summaries[0].UpdateAvailable, scene.Summaries[0].UpdateVersion).ShouldBe((true, "2019.8.5"));
        scene.Summaries.First(summary => summary.State == VehicleStateName.Updating).Version.ShouldBe("2019.8.4");
        scene.Summaries[^1].Version.ShouldBe("2019.8.5");
    }

    [Fact]
    public void A_cancelled_update()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Update("installing")).From().Gets(Online(2).Update("available"));
        scene.Rows.ShouldBe(["cancel update", "state online T+2", "pos"]);
        scene.States.ShouldBe(["online"]);
    }

    [Fact]
    public void An_update_that_ends_oddly_is_finished_with_an_error()
    {
        var scene = new Scene().Gets(Online(0), Online(1).Update("installing")).From().Gets(Online(2).Update("foo", "2019.8.5 3aaa23d"));
        scene.Rows.First().ShouldBe("finish update T+2 2019.8.5 3aaa23d");
        scene.Effects.ShouldContain(new Effect.Log(new Note.UpdateEndedOddly("foo")));
    }

    [Fact]
    public void Waking_up_only_for_a_check_of_its_systems()
    {
        var scene = new Scene(streaming: true).Gets(Asleep, Asleep).From();
        scene.Gets(Bare).Poll.ShouldBe(30);
        (scene.Connects, scene.Summaries.Count, scene.Entries.Count).ShouldBe((1, 0, 0));
        scene.Samples(Sample(0, power: null)).Last.ShouldBeEmpty();
        scene.Vehicle.PreOnline.ShouldBe(PreOnline.ConfirmedFake);
        scene.Gets(Bare, Bare).Poll.ShouldBe(30);
        scene.Gets(Asleep).States.ShouldBe(["asleep"]);
        scene.IsConnected.ShouldBeFalse();
        scene.Vehicle.PreOnline.ShouldBe(PreOnline.Idle);
        scene.Entries.ShouldBeEmpty();
        scene.Plans.ShouldAllBe(plan => plan == FetchPlan.Vehicle);
    }

    [Fact]
    public void Waking_up_for_good()
    {
        var scene = new Scene(streaming: true).Gets(Asleep, Asleep, Bare).From().Samples(Sample(0, power: 0));
        (scene.Vehicle.PreOnline, scene.Poll).ShouldBe((PreOnline.ConfirmedReal, 0));
        scene.Gets(Online(60_000)).Rows.ShouldBe(["state online T+60000", "pos"]);
        scene.Plans.ShouldBe([FetchPlan.VehicleDataElseVehicle]);
        scene.States.ShouldBe(["online"]);
        (scene.Connects, scene.Disconnects).ShouldBe((0, 0), "the stream is kept");
    }

    [Fact]
    public void Waking_up_with_a_silent_stream()
    {
        var scene = new Scene(streaming: true).Gets(Asleep, Asleep, Bare).From().Gets(Bare);
        (scene.Vehicle.PreOnline, scene.Poll).ShouldBe((PreOnline.ConfirmedReal, 0));
        scene.Gets(Online(60_000));
        scene.Plans.ShouldBe([FetchPlan.Vehicle, FetchPlan.VehicleDataElseVehicle]);
    }

    [Fact]
    public void A_start_with_the_car_online_looks_at_the_stream_first()
    {
        var scene = new Scene(streaming: true, open: Known).Gets(Bare);
        scene.Phase.ShouldBe(new VehiclePhase.Offline(TimeSpan.FromSeconds(30)));
        (scene.Entries.Count, scene.Summaries.Count, scene.Connects, scene.Vehicle.IsRestored).ShouldBe((0, 0, 1, true));
    }

    [Fact]
    public void A_start_with_the_car_asleep_shows_what_was_known()
    {
        var scene = new Scene(open: Known).Gets(Asleep);
        scene.Entries.ShouldBe([new LogbookEntry.StartState(CarActivity.Asleep, scene.Now)]);
        var summary = scene.Summaries.ShouldHaveSingleItem();
        (summary.State, summary.IsRestored, summary.DisplayName).ShouldBe((VehicleStateName.Asleep, true, "FooCar"));
        (summary.Latitude, summary.Longitude, summary.OdometerKm).ShouldBe((37.889544, 41.128817, 91887.73));
        (summary.IdealBatteryRangeKm, summary.EstBatteryRangeKm, summary.RatedBatteryRangeKm).ShouldBe((315.06, 268.07, 315.06));
        (summary.OutsideTemp, summary.InsideTemp, summary.BatteryLevel, summary.UsableBatteryLevel).ShouldBe((16.5, 20.1, 64, 64));
        (summary.Speed, summary.Power, summary.Locked, summary.PluggedIn, summary.Version).ShouldBe((null, null, null, null, "2024.1.1"));
    }

    static OpenEntries Known { get; } = new(
        null, null, null, null, Stored,
        new LoggedUpdate(new UpdateId(1), T.AddDays(-30), T.AddDays(-30), "2024.1.1 abcdef"));

    /// <summary>A car with a stream that has just been suspended.</summary>
    static Scene Suspended()
    {
        var scene = new Scene(streaming: true).Gets(Online(0)).PassMinutes(4).Gets(Online(1));
        scene.Phase.ShouldBeOfType<VehiclePhase.Suspended>();
        return scene;
    }
}
