using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Vehicles.ACar;

namespace TeslaMate.Tests.Vehicles.Life;

/// <summary>What an earlier run left open goes on in the same row, or is closed; never is there a second one.</summary>
public class ResumeTests
{
    static readonly PositionReading Here = new()
    {
        Date = T,
        Latitude = 1,
        Longitude = 1,
        OdometerKm = Conversions.Kilometres(1000, 6),
        IdealRangeKm = Conversions.Kilometres(200, 2),
        SpeedKmH = 50,
    };

    [Fact]
    public void A_drive_that_goes_on_is_the_same_drive()
    {
        var scene = Driving().Gets(Drives(minutes: 1, odometer: 1001));
        scene.Rows.ShouldBe(["state online T+60000", "pos(d) 48"]);
        scene.States.ShouldBe(["driving"]);
        scene.Summaries[^1].Since.ShouldBe(T.AddMinutes(-10));
        scene.Plans.ShouldBe([FetchPlan.VehicleDataElseVehicle]);
    }

    [Theory]
    [InlineData(16, 1010.0, 48)]
    [InlineData(5, 990.0, 48)]
    [InlineData(5, 1100.0, 48)]
    public void A_drive_that_cannot_be_the_same_is_closed_where_it_was_left(double minutes, double odometer, int speed)
    {
        var scene = Driving().Gets(Drives(minutes, odometer));
        scene.Rows.ShouldBe(["close aborted", $"state online T+{minutes * 60_000}", "pos", $"drive, pos(d) {speed}"]);
    }

    [Fact]
    public void A_drive_that_ended_meanwhile_is_closed_with_the_rest_of_the_way()
    {
        var scene = Driving().Gets(Drives(minutes: 1, odometer: 1001).Gear(ShiftState.P));
        scene.Rows.ShouldBe(["state online T+60000", "pos(d)", "close ended", "state online T+60000", "pos"]);
    }

    [Fact]
    public void A_drive_that_had_just_ended_is_closed_where_it_was_left()
    {
        var scene = Driving().Gets(Drives(minutes: 1, odometer: 1000).Gear(ShiftState.P));
        scene.Rows.ShouldBe(["close aborted", "state online T+60000", "pos"]);
    }

    [Fact]
    public void A_drive_of_a_car_that_is_asleep_by_now_is_closed()
    {
        var scene = Driving().Gets(Asleep);
        scene.Rows.ShouldBe(["close aborted", "state asleep T+0"]);
    }

    [Fact]
    public void A_drive_of_a_car_in_a_tunnel_follows_the_rules_of_a_lost_car()
    {
        var scene = Driving().Gets(Offline, Offline);
        scene.Rows.ShouldBeEmpty();
        scene.Gets(Drives(minutes: 10, odometer: 1005)).Rows.ShouldBe(["pos(d) 48"]);

        scene = Driving().Gets(Offline).PassMinutes(15).Gets(Offline, Offline, Offline);
        scene.Rows.First().ShouldBe("close timeout");
        scene.Phase.ShouldBeOfType<VehiclePhase.Offline>();

        scene = Driving().Gets(Offline, Drives(minutes: 10, odometer: 1005).Charging(null, kwh: 20, range: 250));
        scene.Rows.Take(5).ShouldBe(["close ended", "charging", "charge 0", "charge 20", "complete"]);
    }

    [Fact]
    public void A_drive_without_positions_goes_on_only_if_the_car_drives()
    {
        var open = new OpenEntries(null, new OpenDrive(new DriveId(1), T, null, null, null), null, null, null, null);
        new Scene(open: open).Gets(Online(0).Gear(ShiftState.D, 30)).Rows.ShouldBe(["state online T+0", "pos(d) 48"]);
        new Scene(open: open).Gets(Online(0)).Rows.ShouldBe(["close aborted", "state online T+0", "pos"]);
    }

    [Fact]
    public void A_charge_of_the_same_session_goes_on()
    {
        var scene = Charging().Gets(Charges(minutes: 300, kwh: 12, state: "Charging"));
        scene.Rows.ShouldBe(["state online T+18000000", "charge 12"]);
        scene.States.ShouldBe(["charging"]);
        scene.Summaries[^1].Since.ShouldBe(T.AddHours(-1));
    }

    [Fact]
    public void A_charge_that_ended_a_moment_ago_gets_its_last_reading()
    {
        var scene = Charging().Gets(Charges(minutes: 5, kwh: 11, state: "Complete"));
        scene.Rows.ShouldBe(["state online T+300000", "pos", "charge 11", "complete", "state online T+300000", "pos"]);
    }

    [Fact]
    public void A_charge_that_ended_at_an_unknown_time_is_completed_from_its_charges() =>
        Charging().Gets(Charges(minutes: 30, kwh: 30, state: "Complete")).Rows.ShouldBe(["complete", "state online T+1800000", "pos"]);

    [Fact]
    public void Another_session_is_another_charge() =>
        Charging().Gets(Charges(minutes: 5, kwh: 1, state: "Charging")).Rows.ShouldBe(["complete", "state online T+300000", "pos", "charging",
            "charge 1"]);

    [Fact]
    public void A_session_elsewhere_is_another_charge() =>
        Charging().Gets(Charges(minutes: 5, kwh: 12, state: "Charging").At(1.1, 1.1)).Rows.ShouldBe(["complete", "state online T+300000", "pos",
            "charging", "charge 12"]);

    [Fact]
    public void A_charge_of_a_car_that_is_asleep_by_now_is_completed() => Charging().Gets(Asleep).Rows.ShouldBe(["complete", "state asleep T+0"]);

    [Fact]
    public void A_charge_of_a_car_without_reception_waits()
    {
        var scene = Charging().Gets(Offline, Offline).From();
        scene.Gets(Charges(minutes: 60, kwh: 12, state: "Charging")).Rows.ShouldBe(["state online T+3600000", "charge 12"]);
    }

    [Fact]
    public void An_update_that_is_still_installed_goes_on()
    {
        var scene = Updating().Gets(Online(0).Update("installing", "1.0 a")).From().Gets(Online(1).Update("", "2.0 b"));
        scene.Rows.First().ShouldBe("finish update T+1 2.0 b");
    }

    [Fact]
    public void An_update_that_was_installed_meanwhile_is_finished() =>
        Updating().Gets(Online(1).Update("", "2.0 b")).Rows.ShouldContain("finish update T+1 2.0 b");

    [Fact]
    public void An_update_that_did_not_happen_is_deleted()
    {
        var scene = Updating().Gets(Online(1).Update("", "1.0 a"));
        scene.Rows.ShouldBe(["cancel update", "state online T+1", "pos"]);
        scene.Entries.ShouldContain(new LogbookEntry.NoteVersion(T.AddMilliseconds(1), "1.0 a"), "it hides no missed update");
    }

    [Fact]
    public void With_a_stream_too_a_start_looks_at_once_at_what_was_left_open()
    {
        var scene = new Scene(streaming: true, open: OpenDrive);
        scene.Plans.ShouldBe([FetchPlan.VehicleDataElseVehicle]);
        scene.Gets(Drives(minutes: 1, odometer: 1001)).IsConnected.ShouldBeTrue();
    }

    [Theory]
    [InlineData(4, "VehicleDataElseVehicle")]
    [InlineData(6, "Vehicle")]
    public void With_a_stream_too_a_start_looks_at_once_at_a_car_that_was_in_use(double minutesAgo, string plan)
    {
        var open = new OpenEntries(new OpenState(CarActivity.Online, T.AddHours(-1)), null, null, null,
            Here with { Date = T.AddMinutes(-minutesAgo) }, null);
        new Scene(streaming: true, open: open).Plans.ShouldHaveSingleItem().ToString().ShouldBe(plan);
    }

    // Drives that nobody saw.

    [Fact]
    public void A_drive_while_suspended_is_reconstructed_from_the_odometer()
    {
        var scene = new Scene(idleMin: 0).Gets(Online(0, 1, 1).Odometer(1000)).From().PassMinutes(21);
        scene.Gets(Online(21 * 60_000, 1.05, 1.05).Odometer(1005));
        scene.Rows.ShouldBe(["drive, pos(d)", "pos(d)", "close ended", "pos"]);
        var start = scene.Entries.OfType<LogbookEntry.StartDrive>().Single();
        (start.Position.Latitude, start.Position.OdometerKm, start.Position.SpeedKmH).ShouldBe((1, Conversions.Kilometres(1000, 6), null));
        (T.AddMinutes(21) - start.At).TotalMinutes.ShouldBe(5 * 1.609344 / 50 * 60, tolerance: 0.01);
        scene.Gets(Online(22 * 60_000, 1.05, 1.05).Odometer(1005)).Rows.Count(row => row.StartsWith("drive", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public void The_beginning_of_a_drive_while_asleep_is_part_of_it()
    {
        var scene = new Scene().Gets(Online(0, 1, 1).Odometer(1000), Asleep, Asleep).From();
        scene.Gets(Online(3_600_000, 1.02, 1.02).Odometer(1002).Gear(ShiftState.D, 30));
        scene.Rows.ShouldBe(["state online T+3600000", "pos", "drive, pos(d)", "pos(d) 48"]);
        scene.Entries.OfType<LogbookEntry.StartDrive>().Single().Position.Latitude.ShouldBe(1);
    }

    [Theory]
    [InlineData(1000.2)]
    [InlineData(999.0)]
    [InlineData(2000.0)]
    [InlineData(null)]
    public void Without_a_plausible_way_nothing_is_reconstructed(double? odometer)
    {
        var scene = new Scene(idleMin: 0).Gets(Online(0, 1, 1).Odometer(1000)).From().PassMinutes(21);
        scene.Gets(Online(21 * 60_000, 1, 1).Odometer(odometer)).Rows.ShouldBe(["pos"]);
    }

    [Fact]
    public void A_drive_that_was_seen_is_not_reconstructed_again()
    {
        var scene = new Scene().Gets(
            Online(0).Odometer(1000), Online(60_000).Odometer(1000).Gear(ShiftState.D, 30), Online(600_000).Odometer(1005).Gear(ShiftState.D, 30),
            Online(660_000).Odometer(1006), Online(720_000).Odometer(1006));
        scene.Rows.Count(row => row.StartsWith("drive", StringComparison.Ordinal)).ShouldBe(1);
    }

    static OpenEntries OpenDrive { get; } = new(
        new OpenState(CarActivity.Online, T.AddHours(-2)), new OpenDrive(new DriveId(1), T.AddMinutes(-10), Here, Here, Here), null, null, Here,
        null);

    static Scene Driving() => new(open: OpenDrive with { State = null });

    static VehicleData Drives(double minutes, double odometer) =>
        Online(minutes * 60_000, 1.01, 1.01).Gear(ShiftState.D, 30).Odometer(odometer).Range(200);

    static Scene Charging() => new(open: new OpenEntries(
        null, null,
        new OpenCharging(new ChargingProcessId(1), T.AddHours(-1), Here, null, null, new ChargeReading { Date = T, EnergyAddedKwh = 10 }), null, Here,
        null));

    static VehicleData Charges(double minutes, double kwh, string state) => Online(minutes * 60_000, 1, 1).Odometer(1000).Charging(state, kwh, 200);

    static Scene Updating() => new(open: new OpenEntries(null, null, null, new OpenUpdate(new UpdateId(2), T, "1.0 a"), null, null));
}
