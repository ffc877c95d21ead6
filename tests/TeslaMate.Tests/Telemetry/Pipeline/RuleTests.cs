using TeslaMate.Logbook;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Telemetry.Pipeline.TelemetryScene;

namespace TeslaMate.Tests.Telemetry.Pipeline;

/// <summary>Rules of streaming cars (spec fleet-telemetry 4) that no worked sequence and no listed edge case shows.</summary>
public class RuleTests
{
    // Contact

    [Fact]
    public void Where_nobody_tells_of_connections_silence_is_half_an_hour_long_and_then_Tesla_is_asked()
    {
        var scene = new TelemetryScene(hasConnectivity: false) { Tesla = _ => Vehicle("asleep") }.Gets(1);
        scene.Until("08:29:50").States.ShouldBe(["online"]);
        var before = scene.Requests.Count;
        scene.Until("08:31:00");

        scene.Requests.Skip(before).Select(request => request.Reason).ShouldBe(["silent, connections unknown"]);
        scene.Rows[^1].ShouldBe("state asleep 08:00:00.250");
    }

    [Fact]
    public void Without_an_answer_a_silent_car_is_taken_to_sleep()
    {
        var scene = new TelemetryScene(hasConnectivity: false).Gets(1).Until("08:31:00");
        scene.Rows[^1].ShouldBe("state asleep 08:00:00.250");
    }

    [Fact]
    public void A_car_that_is_online_twice_while_nothing_is_heard_of_it_has_a_broken_feed()
    {
        var state = "asleep";
        var scene = new TelemetryScene { Tesla = _ => Vehicle(state) }.Connected("08:00:00").Gets(1).Disconnected("08:10:00").Until("08:12:00");
        scene.Shown.State.Word.ShouldBe("asleep");
        state = "online";
        scene.Until("14:11:00");
        scene.Requests[^1].Reason.ShouldBe("asleep");
        scene.Vehicle.Telemetry.Leads.ShouldBeTrue("once may be chance");
        scene.Until("14:16:30");

        scene.Requests[^1].Reason.ShouldBe("still silent");
        scene.Vehicle.Telemetry.Leads.ShouldBeFalse();
        scene.Effects.OfType<Effect.Log>().ShouldContain(effect => effect.Note is Note.TelemetryBroken);
    }

    [Fact]
    public void A_car_whose_gear_is_not_known_is_asked_about_and_once_more_when_it_is_online()
    {
        var state = "online";
        var scene = new TelemetryScene { Tesla = _ => Vehicle(state) }.Connected("08:00:00")
            .Gets("08:00:01", (Field.Soc, 50.0), (Field.Location, Place(52.52, 13.4))).Disconnected("08:10:00");
        var before = scene.Requests.Count;
        scene.Until("08:12:00").Requests.Skip(before).Select(request => request.Reason).ShouldBe(["silent, gear unknown"]);
        scene.Shown.State.Word.ShouldBe("online");
        state = "asleep";
        scene.Until("08:18:00").Requests.Skip(before + 1).Select(request => request.Reason).ShouldBe(["still silent"]);
        scene.Rows[^1].ShouldBe("state asleep 08:10:00");
        scene.Vehicle.Telemetry.Leads.ShouldBeTrue();
    }

    [Fact]
    public void A_sleeping_car_is_looked_at_every_six_hours_and_may_be_offline()
    {
        var state = "asleep";
        var scene = new TelemetryScene { Tesla = _ => Vehicle(state) }.Connected("08:00:00").Gets(1).Disconnected("08:10:00").Until("08:12:00");
        var before = scene.Requests.Count;
        scene.Until("20:30:00").Requests.Count.ShouldBe(before + 2);
        state = "offline";
        scene.Until("1.02:30:00").Requests.Count.ShouldBe(before + 3);
        scene.Rows[^1].ShouldStartWith("state offline 02:");
        scene.Shown.State.Word.ShouldBe("offline");
    }

    [Fact]
    public void A_parked_car_in_contact_may_be_silent_for_two_hours()
    {
        var scene = Parked().Until("08:00:10");
        var before = scene.Requests.Count;
        scene.Until("09:59:00").Requests.Count.ShouldBe(before);
        scene.Until("10:01:00").Requests.Skip(before).Select(request => request.Reason).ShouldBe(["no data for two hours"]);
        scene.Until("11:50:00").Requests.Count.ShouldBe(before + 1);
        scene.Shown.State.Word.ShouldBe("online");
        scene.Rows.Count(row => row.StartsWith("state", StringComparison.Ordinal)).ShouldBe(1);
    }

    // Suspension

    [Fact]
    public void A_suspended_car_is_logged_all_the_same_and_asked_nothing()
    {
        var scene = Parked().Until("08:01:00").Send(new VehicleEvent.SuspendAsked(At("08:01:00"), 7));
        scene.Shown.State.Word.ShouldBe("suspended");
        var before = scene.Requests.Count;
        scene.Gets("12:00:00", (Field.Soc, 61.0)).Until("12:00:05");
        scene.Shown.UsableBatteryLevel.ShouldBe(61);
        scene.Requests.Count.ShouldBe(before);

        scene.Gets("12:10:00", (Field.Gear, "D"), (Field.Location, Place(52.52, 13.4))).Until("12:10:10");
        scene.Rows[^1].ShouldBe("drive 12:10:00: pos(d) 12:10:00 52.52,13.4");
        scene.Shown.State.Word.ShouldBe("driving");
    }

    [Fact]
    public void A_parked_car_is_never_suspended_by_itself() => Parked().Gets("09:00:00", (Field.Soc, 62.0)).Gets("13:00:00", (Field.Soc, 61.0))
        .Until("14:00:00").States.ShouldBe(["online"]);

    /// <summary>Rows of parked cars every five minutes are for polled ones (spec vehicle 10.1).</summary>
    [Fact]
    public void A_parked_car_has_no_rows()
    {
        var scene = Parked().Until("08:01:00");
        var rows = scene.Rows.Count;
        scene.Send(new VehicleEvent.PositionDue(At("08:06:00"))).Gets("08:30:00", (Field.Location, Place(52.52001, 13.404955)), (Field.Locked, false))
            .Until("08:31:00").Rows.Count.ShouldBe(rows);
    }

    // Requests

    [Fact]
    public void A_full_request_that_found_nobody_is_made_again_at_the_next_contact()
    {
        var scene = new TelemetryScene
        {
            Tesla = request => request is TelemetryRequest.VehicleData ? new ApiAnswer<VehicleData>.Failed(new ApiError.VehicleUnavailable()) : null,
        }.Connected("08:00:00").Gets(1).Until("08:00:10");
        Full().ShouldBe(1);
        scene.Gets("08:05:00", (Field.Soc, 60.0)).Until("08:05:10");
        Full().ShouldBeGreaterThan(1);

        int Full() => scene.Requests.Count(request => request.Request is TelemetryRequest.VehicleData);
    }

    // Drives

    [Fact]
    public void P_ends_a_drive_that_began_without_a_gear()
    {
        var scene = new TelemetryScene().Connected("08:00:00")
            .Gets("08:10:00", (Field.VehicleSpeed, 20.0), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:10:02", (Field.VehicleSpeed, 25.0), (Field.Location, Place(52.501, 13.40)))
            .Gets("08:10:20", (Field.Gear, "P"), (Field.Location, Place(52.51, 13.40))).Until("08:10:30");

        scene.Rows.ShouldContain("drive 08:10:00: pos(d) 08:10:00 52.5,13.4 32 km/h");
        scene.Rows.TakeWhile(row => row != "close").Last().ShouldBe("pos(d) 08:10:20 52.51,13.4");
        scene.Shown.State.Word.ShouldBe("online");
    }

    [Theory]
    [InlineData(2.9, "08:10:02", false)]
    [InlineData(3.0, "08:10:01.999", false)]
    [InlineData(3.0, "08:10:02", true)]
    public void Movement_without_a_gear_is_three_miles_an_hour_for_two_seconds(double mph, string second, bool isDrive)
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets("08:00:01", (Field.Gear, "P"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:10:00", (Field.VehicleSpeed, 3.0), (Field.Location, Place(52.50, 13.40)))
            .Gets(second, (Field.VehicleSpeed, mph)).Until("08:10:20");

        scene.Rows.Any(row => row.StartsWith("drive 08:10:00", StringComparison.Ordinal)).ShouldBe(isDrive);
    }

    [Theory]
    [InlineData("08:05:14.999", false)]
    [InlineData("08:05:15", true)]
    public void Without_a_place_a_drive_has_a_row_every_fifteen_seconds(string clock, bool hasRow)
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40))).Gets(clock, (Field.VehicleSpeed, 30.0))
            .Until("08:05:25");

        scene.Rows.Any(row => row.StartsWith("pos(d) 08:05:15 52.5,13.4 48 km/h", StringComparison.Ordinal)).ShouldBe(hasRow);
    }

    [Fact]
    public void What_is_no_motion_makes_no_row_of_a_drive()
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40))).Until("08:05:10");
        var rows = scene.Rows.Count;
        scene.Gets("08:05:20", (Field.Soc, 60.0), (Field.Locked, true)).Until("08:05:25").Rows.Count.ShouldBe(rows);
    }

    [Fact]
    public void A_late_row_knows_only_what_it_says_and_what_is_older()
    {
        var scene = Parked()
            .Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)), (Field.Odometer, 12345.7), (Field.OutsideTemp, 10.0))
            .Gets("08:05:20", (Field.Location, Place(52.51, 13.40)), (Field.Odometer, 12346.0), (Field.Soc, 61.0), (Field.InsideTemp, 20.0))
            .Until("08:05:25");
        scene.GetsLate("08:05:30", "08:05:10", (Field.Location, Place(52.505, 13.40)), (Field.InsideTemp, 19.0)).Until("08:05:40");

        var late = scene.Entries.OfType<LogbookEntry.InsertLatePositions>().Single().Positions.Single();
        (late.OdometerKm, late.UsableBatteryLevel, late.OutsideTempC, late.InsideTempC, late.SpeedKmH).ShouldBe((null, null, 10, null, null));
        // The newer value stays, and so does the level before it.
        scene.Shown.InsideTemp!.Value.Value.ShouldBe(20);
    }

    // Charges

    [Fact]
    public void A_counter_falls_from_what_was_told_last_also_without_a_row()
    {
        var scene = Charging().Gets("09:10:00", (Field.DcchargingEnergyIn, 2.0)).Gets("09:10:05", (Field.DcchargingEnergyIn, 2.05))
            .Gets("09:10:10", (Field.DcchargingEnergyIn, 1.99)).Until("09:11:00");

        scene.Rows.Count(row => row.StartsWith("complete", StringComparison.Ordinal)).ShouldBe(1);
        scene.Rows.Count(row => row.StartsWith("charging", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public void A_charge_without_any_range_has_no_rows_but_the_first_that_tells_so()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets("08:00:01", (Field.Gear, "P"), (Field.Location, Place(52.52, 13.4)),
                (Field.DetailedChargeState, "Disconnected"))
            .Gets("08:53:30", (Field.DetailedChargeState, "Charging"), (Field.AcchargingPower, 11.0), (Field.DcchargingEnergyIn, 0.0))
            .Gets("08:54:30", (Field.DcchargingEnergyIn, 0.2)).Gets("08:55:30", (Field.DcchargingEnergyIn, 0.4)).Until("08:56:00");

        scene.Entries.OfType<LogbookEntry.InsertCharge>().ShouldHaveSingleItem().Charge.IdealRangeKm.ShouldBeNull();
        scene.Shown.State.Word.ShouldBe("charging");
    }

    [Theory]
    [InlineData(19.999, 0)]
    [InlineData(20.0, 1)]
    public void Alternating_current_has_a_row_every_twenty_seconds(double seconds, int rows)
    {
        var scene = Charging().Gets("09:10:00", (Field.DcchargingEnergyIn, 2.0))
            .Gets(ARecord((Field.DcchargingEnergyIn, 2.1)), At("09:10:00").AddSeconds(seconds)).Until("09:12:00");
        scene.Rows.Count(row => row.StartsWith("charge 09:10:", StringComparison.Ordinal)).ShouldBe(1 + rows);
    }

    [Fact]
    public void Older_cars_charge_when_power_flows_for_ten_seconds()
    {
        var scene = new TelemetryScene().Connected("08:00:00")
            .Gets("08:00:01", (Field.Gear, "P"), (Field.Location, Place(52.52, 13.4)), (Field.RatedRange, 200.0))
            .Gets("09:00:00", (Field.AcchargingPower, 0.2)).Gets("09:00:20", (Field.AcchargingPower, 0.2)).Until("09:00:30");
        scene.Rows.ShouldNotContain(row => row.StartsWith("charging", StringComparison.Ordinal));
        scene.Gets("09:01:00", (Field.AcchargingPower, 11.0)).Gets("09:01:09", (Field.Soc, 50.0)).Until("09:01:09.9");
        scene.Rows.ShouldNotContain(row => row.StartsWith("charging", StringComparison.Ordinal));
        scene.Gets("09:01:10", (Field.Soc, 50.1)).Until("09:01:20");
        scene.Rows.ShouldContain("charging 09:01:10 at 09:01:10");
        scene.Gets("10:00:00", (Field.AcchargingPower, 0.0)).Until("10:02:00");
        scene.Rows.ShouldContain(row => row.StartsWith("complete", StringComparison.Ordinal));
    }

    static TelemetryScene Parked() => new TelemetryScene().Connected("08:00:00").Gets(1);

    static TelemetryScene Charging() => Parked().Gets("08:53:30",
        (Field.DetailedChargeState, "Charging"), (Field.DcchargingEnergyIn, 0.0), (Field.AcchargingEnergyIn, 0.0), (Field.AcchargingPower, 11.0),
        (Field.FastChargerPresent, false), (Field.Location, Place(52.52, 13.40)));

    static ApiAnswer<VehicleData> Vehicle(string state) => new ApiAnswer<VehicleData>.Ok(new VehicleData { State = state });
}
