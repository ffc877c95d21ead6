using TeslaMate.Logbook;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Telemetry.Pipeline.TelemetryScene;

namespace TeslaMate.Tests.Telemetry.Pipeline;

/// <summary>The worked sequences of the specification (spec fleet-telemetry 9).</summary>
public class SequenceTests
{
    static readonly string[] ParkDrivePark =
    [
        "version 08:00:00.250 2026.20.3 8a1b2c3d4e5f",
        "state online 08:00:00.250",
        "pos 08:00:00.250 52.520007,13.404954",
        "drive 08:01:00.500: pos(d) 08:01:00.500 52.520007,13.404955 0 km/h",
        "pos(d) 08:01:10 52.5213,13.4101 50 km/h 15 kW",
    ];

    [Fact]
    public void Park_drive_park()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets(2).Gets(3).Gets(4).Gets(5).Until("08:12:00");

        scene.Rows.ShouldBe(
        [
            .. ParkDrivePark,
            "pos(d) 08:10:00.001 52.5213,13.4101 0 kW",
            "close",
            "version 08:10:00.001 2026.20.3 8a1b2c3d4e5f",
            "state online 08:10:00.001",
            "pos 08:10:00.001 52.5213,13.4101 0 kW",
        ]);
        var first = scene.Entries.OfType<LogbookEntry.InsertPosition>().First().Position;
        first.OdometerKm.ShouldBe(19868.442815);
        first.IdealRangeKm.ShouldBe(289.68);
        first.RatedRangeKm.ShouldBe(282.44);
        first.EstimatedRangeKm.ShouldBe(257.9);
        first.BatteryLevel.ShouldBe(63);
        first.UsableBatteryLevel.ShouldBe(63);
        first.PowerKw.ShouldBeNull();
        scene.Entries.OfType<LogbookEntry.InsertDrivePosition>().Last().Position.OdometerKm.ShouldBe(19873.629731);
        scene.States.ShouldBe(["online", "driving", "online"]);
        scene.Summaries.Any(summary => summary.Heading == 87).ShouldBeTrue();
        scene.Shown.ShiftState.ShouldBeNull();
    }

    [Fact]
    public void In_a_tunnel_nothing_is_lost()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets(2).Gets(3).Disconnected("08:03:00").Until("08:04:40");
        scene.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Driving>().Contact.ShouldBeOfType<TeslaMate.Vehicles.Life.Contact.Unavailable>();
        scene.Connected("08:06:50").Gets(6, received: "08:07:00");
        scene.Shown.Speed.ShouldBe(83);
        scene.Until("08:07:49").Rows.ShouldBe(ParkDrivePark);
        scene.Until("08:07:51").Rows[^1].ShouldBe("pos(d) 08:05:00.750 52.53,13.42 83 km/h");

        scene.Gets(4).Gets(5).Until("08:12:00");
        scene.Rows[^5].ShouldBe("pos(d) 08:10:00.001 52.53,13.42 0 kW");
        scene.Rows[^4].ShouldBe("close");
        scene.States.ShouldBe(["online", "driving", "online"]);
    }

    [Fact]
    public void What_was_in_the_tunnel_may_come_after_the_end()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets(2).Gets(3).Disconnected("08:03:00").Connected("08:06:50").Gets(4).Gets(5)
            .Until("08:12:00");
        scene.Rows.ShouldContain("close");

        scene.Gets(6, received: "08:13:00").Until("08:13:02");

        scene.Rows[^1].ShouldBe("late 08:05:00.750 52.53,13.42 83 km/h");
        scene.Shown.State.Word.ShouldBe("online");
    }

    [Fact]
    public void A_long_loss_ends_the_drive_where_it_began()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets(2).Gets(3).Disconnected("08:03:00").Until("08:18:01");
        scene.States.Last().ShouldBe("offline");

        scene.Connected("08:25:00").Gets("08:25:00", (Field.Gear, "P"), (Field.Odometer, 12350.0)).Until("08:27:30");

        scene.Rows.Skip(ParkDrivePark.Length).ShouldBe(
        [
            "close",
            "version 08:25:00 2026.20.3 8a1b2c3d4e5f",
            "state online 08:25:00",
            "pos 08:25:00 52.5213,13.4101",
            "drive 08:16:39.197: pos(d) 08:16:39.197 52.5213,13.4101",
            "pos(d) 08:25:00 52.5213,13.4101",
            "close",
        ]);
        scene.States.Last().ShouldBe("online");
        var unseen = scene.Entries.OfType<LogbookEntry.InsertDrivePosition>().Last().Position.OdometerKm
            - scene.Entries.OfType<LogbookEntry.StartDrive>().Last().Position.OdometerKm;
        unseen!.Value.ShouldBe(6.96, 0.01);
    }

    [Fact]
    public void Alternating_current()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1)
            .Gets("08:53:30", (Field.DetailedChargeState, "Starting"), (Field.ChargePortLatch, "Engaged"), (Field.DcchargingEnergyIn, 0.0),
                (Field.AcchargingEnergyIn, 0.0),
                (Field.AcchargingPower, 0.0), (Field.FastChargerPresent, false), (Field.Location, Place(52.52, 13.40)))
            .Gets(8);
        scene.Until("09:00:10");
        scene.Shown.ChargeLimitSoc.ShouldBe(80);
        scene.Shown.TimeToFullCharge!.Value.Value.ShouldBe(2.75);
        scene.Gets("09:00:10", (Field.ChargerVoltage, 230.1));
        scene.Shown.ChargerVoltage.ShouldBe(230);
        scene.Gets("09:00:30", (Field.DcchargingEnergyIn, 1.26), (Field.AcchargingEnergyIn, 1.35))
            .Gets("09:00:35", (Field.DcchargingEnergyIn, 1.28));
        scene.Shown.ChargeEnergyAdded!.Value.Value.ShouldBe(1.28);
        scene.Gets("10:30:00", (Field.DetailedChargeState, "Complete"), (Field.AcchargingPower, 0.0), (Field.DcchargingEnergyIn, 17.60),
            (Field.AcchargingEnergyIn, 18.75),
                (Field.BatteryLevel, 80.2), (Field.Soc, 79.6), (Field.Location, Place(52.52, 13.40)))
            .Until("10:32:00");

        scene.Rows.Skip(3).Where(row => !row.StartsWith("version", StringComparison.Ordinal)).ShouldBe(
        [
            "charging 08:53:30 at 08:53:30",
            "charge 08:53:30 0 kWh 0 kW",
            "charge 09:00:00 1.17 kWh 11 kW",
            "charge 09:00:30 1.26 kWh 11 kW",
            "pos 10:30:00 52.52,13.4",
            "charge 10:30:00 17.6 kWh 0 kW",
            "complete used 18.75",
            "state online 10:30:00",
            "pos 10:30:00 52.52,13.4",
        ]);
        var row = scene.Entries.OfType<LogbookEntry.InsertCharge>().Skip(1).First().Charge;
        (row.ChargerActualCurrentA, row.ChargerVoltageV, row.ChargerPhases, row.ConnectedCable, row.FastChargerPresent, row.FastChargerType)
            .ShouldBe((16, 231, 3, "IEC", false, null));
        scene.States.ShouldBe(["online", "charging", "online"]);
    }

    [Fact]
    public void A_counter_of_yesterday_counts_nothing()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets("08:10:00", (Field.DcchargingEnergyIn, 24.5))
            .Gets("08:53:30", (Field.DetailedChargeState, "Starting"), (Field.Location, Place(52.52, 13.40))).Until("08:55:30");

        scene.Rows[^1].ShouldBe("charge 08:53:30 0 kWh 0 kW");
    }

    [Fact]
    public void Direct_current()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1)
            .Gets("09:53:30", (Field.DetailedChargeState, "Starting"), (Field.FastChargerPresent, true), (Field.FastChargerType, "Supercharger"),
                (Field.DcchargingEnergyIn, 0.0), (Field.Location, Place(52.52, 13.40)))
            .Gets(9);
        scene.Shown.Power.ShouldBe(-118);
        scene.Gets("10:00:02", (Field.PackCurrent, 305.0));
        scene.Shown.Power.ShouldBe(-116);
        scene.Gets("10:20:00", (Field.DetailedChargeState, "Stopped"), (Field.DcchargingPower, 0.0), (Field.DcchargingEnergyIn, 38.10),
            (Field.FastChargerPresent, Invalid),
                (Field.Location, Place(52.52, 13.40)))
            .Until("10:22:00");

        scene.Rows.Skip(3).Where(row => row.StartsWith('c')).ShouldBe(
        [
            "charging 09:53:30 at 09:53:30", "charge 09:53:30 0 kWh 0 kW", "charge 10:00:00 12.34 kWh 118 kW", "charge 10:20:00 38.1 kWh 0 kW",
            "complete",
        ]);
        var row = scene.Entries.OfType<LogbookEntry.InsertCharge>().Skip(1).First().Charge;
        (row.ChargerPhases, row.ChargerVoltageV, row.ChargerActualCurrentA, row.FastChargerPresent, row.FastChargerType, row.FastChargerBrand)
            .ShouldBe((null, 379, 0, true, "Tesla", "Tesla"));
        scene.Entries.OfType<LogbookEntry.InsertCharge>().Last().Charge.FastChargerPresent.ShouldBe(true);
    }

    [Fact]
    public void Sleep_waking_and_hops()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1)
            .Gets("12:00:00", (Field.Gear, Invalid)).Gets("12:10:00", (Field.FastChargerType, Invalid)).Disconnected("12:10:04").Until("12:11:33");
        scene.Rows[^1].ShouldNotStartWith("state asleep");
        var requests = scene.Requests.Count;
        scene.Until("12:11:35").Rows[^1].ShouldBe("state asleep 12:10:04");
        scene.Shown.State.Word.ShouldBe("asleep");
        scene.Requests.Count.ShouldBe(requests);

        scene.Until("18:11:36");
        scene.Requests.Skip(requests).Select(request => request.Reason).ShouldBe(["asleep"]);
        scene.Says("asleep").Rows[^1].ShouldBe("state asleep 12:10:04");

        // The next day; the first record is stamped too far ahead.
        scene.Connected("1.07:00:00").Gets(ARecord((Field.Soc, 60.0), (Field.Location, Place(52.52, 13.40))), At("1.07:04:30"), At("1.07:00:03"))
            .Until("1.07:02:00");
        scene.Rows.ShouldContain("state online 07:00:03");
        var rows = scene.Rows.Count;
        scene.Disconnected("1.08:20:00").Connected("1.08:20:12", "b").Until("1.08:25:00");
        scene.Connected("1.08:30:00", "c").Disconnected("1.08:30:12", "b").Connected("1.08:30:13", "c").Until("1.08:35:00");
        scene.Rows.Count.ShouldBe(rows);
        scene.Shown.State.Word.ShouldBe("online");
    }

    [Fact]
    public void Data_mean_awake_whatever_is_told_of_connections()
    {
        var scene = new TelemetryScene().Says("asleep");
        scene.Shown.State.Word.ShouldBe("asleep");

        scene.Gets(1).Until("08:00:05");

        scene.Rows.ShouldContain("state online 08:00:00.250");
        scene.Shown.State.Word.ShouldBe("online");
    }

    [Theory]
    [InlineData("2026.26.1 9f8e7d6c5b4a", "finish update 11:27:20 2026.26.1 9f8e7d6c5b4a")]
    [InlineData("2026.20.3 8a1b2c3d4e5f", "cancel update")]
    public void An_update_ends_with_the_first_version(string version, string end)
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets(11);
        (scene.Shown.UpdateVersion, scene.Shown.DownloadPerc, scene.Shown.InstallPerc).ShouldBe(("2026.26.1", 100, 30));
        scene.Disconnected("11:04:00").Connected("11:27:00").Until("11:27:10");
        scene.Shown.State.Word.ShouldBe("updating");
        scene.Gets("11:27:20", (Field.Version, version), (Field.SoftwareUpdateInstallationPercentComplete, 1), (Field.SoftwareUpdateVersion, " "),
            (Field.Location, Place(52.52, 13.40))).Until("11:29:00");

        scene.Rows.ShouldContain("update 11:00:00");
        scene.Rows.ShouldContain(end);
        scene.Rows[^1].ShouldBe("pos 11:27:20 52.52,13.4");
        scene.States.ShouldBe(["online", "updating", "online"]);
    }

    [Fact]
    public void A_silent_update_goes_on()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets(11).Disconnected("11:04:00").Until("14:05:00");

        scene.Requests[^1].Reason.ShouldBe("an update without an end");
        scene.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Updating>();
    }

    [Fact]
    public void Charged_while_lost()
    {
        var scene = new TelemetryScene().Connected("13:00:00")
            .Gets("13:50:00", (Field.Gear, "D"), (Field.IdealBatteryRange, 120.0), (Field.RatedRange, 120.0), (Field.Location, Place(52.5, 13.4)),
                (Field.Odometer, 1000.0))
            .Gets("13:59:50", (Field.Location, Place(52.6, 13.4)), (Field.Odometer, 1010.0))
            .Gets("14:00:00", (Field.Location, Place(52.6, 13.5)), (Field.IdealBatteryRange, 100.0), (Field.Odometer, 1010.0))
            .Disconnected("14:00:05").Until("15:09:00")
            .Connected("15:10:00").Gets("15:10:00", (Field.Gear, "P"), (Field.IdealBatteryRange, 160.0)).Until("15:13:00");

        scene.Rows.SkipWhile(row => row != "close").Take(5).ShouldBe(
            ["close", "charging 15:10:00 at 14:00:00", "charge 14:00:00 0 kWh 0 kW", "charge 15:10:00 0 kWh 0 kW", "complete"]);
        scene.Entries.OfType<LogbookEntry.InsertCharge>().Select(entry => entry.Charge.IdealRangeKm).ShouldBe([160.93, 257.5]);
        scene.Shown.State.Word.ShouldBe("online");
    }

    [Fact]
    public void A_record_is_applied_in_the_transaction_of_its_rows()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Gets(2).Until("08:03:00");

        scene.Effects.OfType<Effect.Write>()
            .Where(write => write.Entries.Any(entry => entry is LogbookEntry.InsertPosition or LogbookEntry.StartDrive))
            .ShouldAllBe(write => write.Entries.Any(entry => entry is LogbookEntry.ApplyTelemetry));
    }
}
