using TeslaMate.Logbook;
using TeslaMate.Telemetry.Inbox;
using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Tests.Vehicles;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;
using static TeslaMate.Tests.Telemetry.Pipeline.TelemetryScene;
using Datum = TeslaMate.Telemetry.Records.Datum;

namespace TeslaMate.Tests.Telemetry.Pipeline;

/// <summary>The edge cases of the rules of streaming cars (spec fleet-telemetry 10).</summary>
public class EdgeCaseTests
{
    // Time

    [Theory]
    [InlineData(10, 10)]
    [InlineData(11, 0)]
    public void A_stamp_of_more_than_ten_seconds_ahead_is_not_believed(int ahead, int used) =>
        InTheInbox(T.AddSeconds(ahead), T).CarTime.ShouldBe(T.AddSeconds(used));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void What_is_older_than_a_week_is_kept_and_not_applied(int seconds, bool isKeptOnly) =>
        InTheInbox(T, T.AddDays(7).AddSeconds(seconds)).IsApplied.ShouldBe(isKeptOnly);

    [Theory]
    [InlineData(1_000, false)]
    [InlineData(1_001, true)]
    public void More_than_any_car_says_at_once_is_kept_and_not_applied(int datums, bool isKeptOnly)
    {
        List<Datum> values = [.. Enumerable.Range(0, datums).Select(i => new Datum(i, TelemetryValue.Number.Of(i)))];
        var record = new TelemetryRecord.Data("", T, false, values);
        InboxRecord.Of(new(1), RecordType.Data, RecordForm.Protobuf, IntakePath.Endpoint, default, record, null, T, default).IsApplied
            .ShouldBe(isKeptOnly);
    }

    [Fact]
    public void Without_a_time_the_envelopes_counts_and_without_that_the_clock_of_the_server()
    {
        InTheInbox(null, T.AddMinutes(1), created: T).CarTime.ShouldBe(T);
        InTheInbox(null, T.AddMinutes(1)).CarTime.ShouldBe(T.AddMinutes(1));
    }

    [Fact]
    public void Of_two_records_of_one_moment_the_later_counts_and_a_drive_has_one_row_of_it()
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)));
        scene.Gets(ARecord((Field.Location, Place(52.51, 13.41)), (Field.Soc, 70.0)), At("08:05:10"), At("08:05:10"))
            .Gets(ARecord((Field.Location, Place(52.52, 13.42)), (Field.Soc, 71.0)), At("08:05:10"), At("08:05:10")).Until("08:05:20");

        scene.Shown.Latitude!.Value.ShouldBe(52.52);
        scene.Rows.Count(row => row.StartsWith("pos(d) 08:05:10", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("2026-06-01T09:30:00", "2026-06-01T07:30:00Z")]
    // Clocks in Los Angeles are three weeks ahead of Berlin's in spring.
    [InlineData("2026-03-20T09:30:00", "2026-03-20T08:30:00Z")]
    // This hour does not exist in Berlin; it is meant an hour later.
    [InlineData("2026-03-29T02:30:00", "2026-03-29T01:30:00Z")]
    [InlineData("2026-10-25T09:30:00", "2026-10-25T08:30:00Z")]
    public void A_scheduled_time_is_the_wall_time_of_the_car(string wall, string expected)
    {
        var pacific = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");
        var local = DateTime.Parse(wall, System.Globalization.CultureInfo.InvariantCulture);
        var sent = new DateTimeOffset(local, pacific.GetUtcOffset(local)).ToUnixTimeSeconds();

        WrongZone.Read(sent, null, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"))
            .ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }

    // Snapshot

    [Fact]
    public void An_older_value_does_not_overwrite_a_newer_one()
    {
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord((Field.Soc, 60.0)), T, T);
        snapshot.Apply(ARecord((Field.Soc, 61.0), (Field.BatteryLevel, 62.0)), T.AddSeconds(-5), T);

        Reading.Number(snapshot.Get(Field.Soc)).ShouldBe(60);
        Reading.Number(snapshot.Get(Field.BatteryLevel)).ShouldBe(62);
        snapshot.Get(Field.BatteryLevel, T.AddSeconds(-6)).ShouldBeNull();
    }

    public static TheoryData<int, string, bool> Invalids => new()
    {
        { (int)Field.Location, "place", true },
        { (int)Field.DetailedChargeState, "Charging", true },
        { (int)Field.FastChargerPresent, "true", true },
        { (int)Field.TpmsPressureFl, "2.9", true },
        { (int)Field.HvacPower, "On", true },
        { (int)Field.Odometer, "100", true },
        { (int)Field.Gear, "D", false },
        { (int)Field.VehicleSpeed, "30", false },
        { (int)Field.TimeToFullCharge, "2", false },
        { (int)Field.DestinationName, "Home", false },
        { (int)Field.IdealBatteryRange, "200", false },
    };

    [Theory]
    [MemberData(nameof(Invalids))]
    public void Invalid_leaves_what_was_known_or_says_that_there_is_nothing(int field, string known, bool isKept)
    {
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord(((Field)field, known == "place" ? Place(1, 2) : (object)known)), T, T);
        snapshot.Apply(ARecord(((Field)field, Invalid)), T.AddSeconds(1), T);

        (snapshot.Get((Field)field) is not TelemetryValue.Invalid).ShouldBe(isKept);
    }

    /// <summary>Words that say nothing are as <c>invalid</c>, in both forms (spec fleet-telemetry 3.1).</summary>
    public static TheoryData<int, object, object, bool> Nothings => new()
    {
        { (int)Field.HvacPower, "On", "HvacPowerStateUnknown", true },
        { (int)Field.HvacPower, "On", "<invalid>", true },
        { (int)Field.HvacPower, "On", 0, true },
        { (int)Field.DetailedChargeState, "Charging", "Unknown", true },
        { (int)Field.DetailedChargeState, "Charging", "<invalid>", true },
        { (int)Field.DetailedChargeState, "Charging", 8, true },
        { (int)Field.Gear, "D", "ShiftStateInvalid", false },
        { (int)Field.Gear, "D", "<invalid>", false },
        { (int)Field.Gear, "D", "", false },
        { (int)Field.Gear, "D", 99, true },
        { (int)Field.FdWindow, "Closed", "Unknown", false },
        { (int)Field.FastChargerType, "Supercharger", "SNA", false },
        { (int)Field.FastChargerType, "Supercharger", "<invalid>", false },
        { (int)Field.DoorState, "DriverFront", "<invalid>", true },
        { (int)Field.DoorState, "DriverFront", "Frunk", true },
        { (int)Field.DoorState, "DriverFront", " ", false },
    };

    [Theory]
    [MemberData(nameof(Nothings))]
    public void A_word_that_says_nothing_is_as_invalid(int field, object known, object then, bool isKept)
    {
        var kind = (Field)field switch { Field.HvacPower => 38, Field.Gear => 9, _ => 32 };
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord(((Field)field, known)), T, T);
        snapshot.Apply(ARecord(((Field)field, then is int number ? new TelemetryValue.Code(kind, number) : then)), T.AddSeconds(1), T);

        (Reading.Text(snapshot.Get((Field)field)) == (string)known).ShouldBe(isKept);
        // The last valid one since the plug stands for the charge.
        if ((Field)field is Field.FastChargerType)
            Projection.Shown(snapshot, T.AddSeconds(2), TimeZoneInfo.Utc).ChargeState!.FastChargerType.ShouldBe("Tesla");
    }

    [Fact]
    public void A_snapshot_that_was_saved_is_the_same_again()
    {
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord((Field.DetailedChargeState, "Disconnected"), (Field.Location, Place(52.5, 13.4)), (Field.Gear, "P")), T, T);
        snapshot.Apply(
            ARecord((Field.DetailedChargeState, "Charging"), (Field.AcchargingEnergyIn, 3.5), (Field.FastChargerType, "Combo"),
                (Field.Gear, Invalid)),
            T.AddMinutes(1), T.AddMinutes(1));
        snapshot.Apply(ARecord((Field.FastChargerType, Invalid)), T.AddMinutes(2), T.AddMinutes(2));
        var restored = new Snapshot();
        restored.Restore(SnapshotForm.TryRead(SnapshotForm.Write(snapshot.Save()))!);

        var (one, other) = (Projection.Shown(snapshot, T.AddMinutes(3), TimeZoneInfo.Utc),
            Projection.Shown(restored, T.AddMinutes(3), TimeZoneInfo.Utc));
        other.DriveState.ShouldBe(one.DriveState);
        other.ChargeState.ShouldBe(one.ChargeState);
        one.ChargeState!.FastChargerType.ShouldBe("Combo");
        (restored.PluggedAt, restored.AcBaseKwh, restored.GapAt).ShouldBe((snapshot.PluggedAt, snapshot.AcBaseKwh, snapshot.GapAt));
    }

    [Fact]
    public void Doors_that_older_cars_mix_up_are_set_right()
    {
        TelemetryValue open = new TelemetryValue.Doors(false, false, true, false, false, false);
        var scene = Parked().Gets("08:05:00", (Field.Version, "2024.44.25 abc"), (Field.DoorState, open)).Until("08:05:02");
        (scene.Shown.DriverRearDoorOpen, scene.Shown.PassengerFrontDoorOpen).ShouldBe((true, false));

        scene.Gets("08:06:00", (Field.Version, "2024.44.32 abc"), (Field.DoorState, open)).Until("08:06:02");
        (scene.Shown.DriverRearDoorOpen, scene.Shown.PassengerFrontDoorOpen).ShouldBe((false, true));
    }

    // Contact

    [Fact]
    public void A_doubled_beginning_and_an_end_before_its_beginning_are_one_connection()
    {
        var contacts = new ContactTracker();
        contacts.OnConnectivity("a", ConnectionStatus.Connected, T);
        contacts.OnConnectivity("a", ConnectionStatus.Connected, T.AddSeconds(1));
        contacts.At(T.AddHours(1)).IsUp.ShouldBeTrue();
        contacts.OnConnectivity("a", ConnectionStatus.Disconnected, T.AddHours(1));
        contacts.At(T.AddHours(1)).ShouldBe(new TeslaMate.Telemetry.Pipeline.Contact(false, T.AddHours(1)));

        contacts.OnConnectivity("b", ConnectionStatus.Disconnected, T.AddHours(2));
        contacts.OnConnectivity("b", ConnectionStatus.Connected, T.AddHours(2).AddSeconds(-30));
        contacts.At(T.AddHours(3)).IsUp.ShouldBeFalse();
    }

    [Fact]
    public void Two_connections_are_contact_until_both_have_ended()
    {
        var contacts = new ContactTracker();
        contacts.OnConnectivity("wifi", ConnectionStatus.Connected, T);
        contacts.OnConnectivity("cellular", ConnectionStatus.Connected, T.AddSeconds(10));
        contacts.OnConnectivity("wifi", ConnectionStatus.Disconnected, T.AddSeconds(20));
        contacts.At(T.AddSeconds(30)).IsUp.ShouldBeTrue();
        contacts.OnConnectivity("cellular", ConnectionStatus.Disconnected, T.AddSeconds(40));
        contacts.At(T.AddSeconds(41)).ShouldBe(new TeslaMate.Telemetry.Pipeline.Contact(false, T.AddSeconds(40)));
    }

    [Fact]
    public void A_connection_whose_end_nobody_could_tell_ends_with_the_hop_to_a_newer_one()
    {
        var contacts = new ContactTracker();
        contacts.OnConnectivity("of a killed instance", ConnectionStatus.Connected, T);
        contacts.At(T.AddHours(1)).IsUp.ShouldBeTrue();
        contacts.OnConnectivity("of another one", ConnectionStatus.Connected, T.AddHours(1));
        contacts.OnConnectivity("of another one", ConnectionStatus.Disconnected, T.AddHours(1).AddSeconds(20));
        contacts.At(T.AddHours(1).AddSeconds(30)).IsUp.ShouldBeTrue();
        contacts.Due(T.AddHours(1).AddSeconds(30)).ShouldBe(T.AddHours(1).AddSeconds(90));
        contacts.At(T.AddHours(1).AddSeconds(90)).ShouldBe(new TeslaMate.Telemetry.Pipeline.Contact(false, T.AddHours(1).AddSeconds(20)));
    }

    [Theory]
    [InlineData(119, true)]
    [InlineData(121, false)]
    public void Data_of_just_now_are_contact_and_old_ones_are_not(int age, bool isContact)
    {
        var contacts = new ContactTracker();
        contacts.OnData(T, T.AddSeconds(-age));
        contacts.At(T.AddSeconds(89)).IsUp.ShouldBe(isContact);
        contacts.At(T.AddSeconds(91)).IsUp.ShouldBe(isContact && false);
    }

    [Theory]
    [InlineData(89, 1)]
    [InlineData(91, 3)]
    public void A_hop_is_no_sleep(int seconds, int states)
    {
        var scene = Parked().Gets("08:10:00", (Field.Soc, 60.0)).Disconnected("08:20:00");
        scene.Until(At("08:20:00").AddSeconds(seconds)).Connected(At("08:20:00").AddSeconds(seconds), "b");
        scene.Gets(ARecord((Field.Soc, 60.5), (Field.Location, Place(52.52, 13.4))), scene.Now.AddSeconds(2)).Until(scene.Now.AddSeconds(30));

        scene.States.Count().ShouldBe(states);
    }

    [Fact]
    public void A_connection_without_data_wakes_the_car_at_the_time_of_its_beginning()
    {
        var scene = Parked().Gets("08:10:00", (Field.Soc, 60.0)).Disconnected("08:20:00").Until("09:00:00");
        scene.Shown.State.Word.ShouldBe("asleep");
        scene.Connected("10:00:00", "b").Until("10:01:30");

        scene.Rows.ShouldContain("state online 10:00:00");
        scene.Rows[^1].ShouldStartWith("pos 10:00:00 ");
    }

    // Drives

    [Fact]
    public void D_R_D_is_one_drive_and_P_for_a_second_makes_two()
    {
        var scene = Parked()
            .Gets("08:10:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:11:00", (Field.Gear, "R"), (Field.Location, Place(52.51, 13.40)))
            .Gets("08:12:00", (Field.Gear, "D"), (Field.Location, Place(52.52, 13.40)))
            .Gets("08:13:00", (Field.Gear, "P"), (Field.Location, Place(52.53, 13.40)))
            .Gets("08:13:01", (Field.Gear, "D"), (Field.Location, Place(52.53, 13.40)))
            .Gets("08:14:00", (Field.Gear, "P"), (Field.Location, Place(52.54, 13.40))).Until("08:15:00");

        scene.Rows.Count(row => row.StartsWith("drive ", StringComparison.Ordinal)).ShouldBe(2);
        scene.Rows.Count(row => row == "close").ShouldBe(2);
        scene.Rows.ShouldContain(row => row.StartsWith("drive 08:13:01", StringComparison.Ordinal));
    }

    [Fact]
    public void N_begins_a_drive_too()
    {
        Parked().Gets("08:10:00", (Field.Gear, "N"), (Field.Location, Place(52.50, 13.40))).Until("08:11:00")
            .Rows[^1].ShouldBe("drive 08:10:00: pos(d) 08:10:00 52.5,13.4");
    }

    [Fact]
    public void A_car_that_never_tells_its_gear_drives_by_its_speed()
    {
        var scene = new TelemetryScene().Connected("08:00:00")
            .Gets("08:10:00", (Field.VehicleSpeed, 2.9), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:10:10", (Field.VehicleSpeed, 20.0), (Field.Location, Place(52.501, 13.40)))
            .Gets("08:10:11", (Field.VehicleSpeed, 25.0), (Field.Location, Place(52.502, 13.40)))
            .Gets("08:10:12", (Field.VehicleSpeed, 25.0), (Field.Location, Place(52.503, 13.40)))
            .Gets("08:20:00", (Field.VehicleSpeed, 0.0), (Field.Location, Place(52.55, 13.40)), (Field.Odometer, 1003.0))
            .Until("08:24:00");

        scene.Rows.ShouldContain("drive 08:10:10: pos(d) 08:10:10 52.501,13.4 32 km/h");
        scene.Rows.ShouldContain("close");
        // It ends where it came to a stand, three minutes before that was sure.
        scene.Rows.TakeWhile(row => row != "close").Last().ShouldBe("pos(d) 08:20:00 52.55,13.4 0 km/h");
    }

    [Theory]
    [InlineData(59, "drive 08:10:00: pos(d) 08:10:59 52.6,13.5")]
    [InlineData(61, "drive 08:10:00: pos(d) 08:10:00 52.520007,13.404954")]
    public void A_place_is_waited_for_a_minute(int seconds, string start)
    {
        // A loss has made the place unknown.
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Disconnected("08:01:00").Connected("08:09:50", "b")
            .Gets("08:10:00", (Field.Gear, "D")).Gets("08:10:20", (Field.Soc, 60.0)).Gets("08:10:40", (Field.Soc, 59.9));
        scene.Gets(ARecord((Field.Location, Place(52.6, 13.5))), At("08:10:00").AddSeconds(seconds)).Until("08:12:00");

        scene.Rows.First(row => row.StartsWith("drive", StringComparison.Ordinal)).ShouldBe(start);
    }

    [Fact]
    public void A_drive_without_any_place_is_one_from_the_last_known()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Disconnected("08:01:00").Connected("08:09:50", "b")
            .Gets("08:10:00", (Field.Gear, "D")).Gets("08:14:00", (Field.Odometer, 12347.0)).Gets("08:20:00", (Field.Gear, "P"),
                (Field.Odometer, 12350.0))
            .Until("08:22:00");

        scene.Rows.ShouldContain("drive 08:10:00: pos(d) 08:10:00 52.520007,13.404954");
        scene.Rows.ShouldContain("close");
    }

    [Theory]
    // As it happens, and out of what the car, or the inbox, kept.
    [InlineData("08:10:50", "08:10:52", null)]
    [InlineData("08:11:20", "08:11:22", "08:12:00")]
    public void A_drive_does_not_begin_where_a_parked_car_wanted_a_place(string gear, string place, string? received)
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Disconnected("08:01:00").Connected("08:09:50", "b");
        scene.GetsLate(received ?? "08:10:00", "08:10:00", (Field.Soc, 60.0)).GetsLate(received ?? gear, gear, (Field.Gear, "D"))
            .GetsLate(received ?? place, place, (Field.Location, Place(52.6, 13.5))).Until("08:14:00");

        scene.Rows.Where(IsOfDrive).ShouldBe([$"drive {gear}: pos(d) {place} 52.6,13.5"]);
    }

    [Theory]
    [InlineData(false, "drive 08:56:00: pos(d) 08:56:40 52.6,13.5")]
    [InlineData(true, "drive 08:56:00: pos(d) 08:56:00 52.52,13.4")]
    public void A_drive_that_ends_a_charge_waits_for_its_place_too(bool isPlaceUnknown, string start)
    {
        var scene = Charging().Disconnected("08:54:00").Connected("08:55:50", "b").Gets("08:56:00", (Field.Gear, "D"));
        if (!isPlaceUnknown)
            scene.Gets("08:56:40", (Field.Location, Place(52.6, 13.5)));
        scene.Gets("09:10:00", (Field.Gear, "P")).Until("09:12:00");

        scene.Rows.First(IsOfDrive).ShouldBe(start);
        scene.Rows.Where(IsOfDrive).Last().ShouldBe("close");
    }

    [Fact]
    public void A_drive_that_ends_an_update_waits_for_its_place_too()
    {
        var scene = Parked().Gets("08:01:00", (Field.SoftwareUpdateInstallationPercentComplete, 30)).Disconnected("08:02:00")
            .Connected("08:09:50", "b").Gets("08:10:00", (Field.Gear, "D")).Gets("08:10:20", (Field.Location, Place(52.6, 13.5))).Until("08:12:00");

        scene.Rows.Count(row => row.StartsWith("update", StringComparison.Ordinal)).ShouldBe(1);
        scene.Rows.Where(IsOfDrive).ShouldBe(["drive 08:10:00: pos(d) 08:10:20 52.6,13.5"]);
    }

    [Fact]
    public void A_drive_after_a_long_loss_does_not_begin_where_the_one_before_wanted_a_place()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1).Disconnected("08:01:00").Connected("08:45:00", "b")
            .GetsLate("08:45:01", "08:10:00", (Field.Gear, "D")).GetsLate("08:45:01", "08:40:00", (Field.Soc, 50.0))
            .GetsLate("08:45:01", "08:40:05", (Field.Location, Place(52.6, 13.5))).Until("08:47:00");

        scene.Rows.Where(IsOfDrive).ShouldBe(["drive 08:40:00: pos(d) 08:40:05 52.6,13.5"]);
    }

    [Fact]
    public void A_drive_before_any_place_is_none_and_breaks_nothing()
    {
        var scene = new TelemetryScene().Connected("08:00:00")
            .Gets("08:10:00", (Field.Gear, "D")).Gets("08:12:00", (Field.VehicleSpeed, 30.0)).Gets("08:20:00", (Field.Gear, "P")).Until("08:22:00");

        scene.Rows.ShouldNotContain(row => row.StartsWith("drive", StringComparison.Ordinal) || row.StartsWith("pos", StringComparison.Ordinal));
        scene.Shown.State.Word.ShouldBe("online");
    }

    [Theory]
    [InlineData("08:24:59", 1)]
    [InlineData("08:25:01", 2)]
    public void A_loss_of_a_quarter_of_an_hour_parts_two_drives(string back, int drives)
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)), (Field.Odometer, 13_000.0))
            .Gets("08:10:00", (Field.Location, Place(52.51, 13.40)), (Field.Odometer, 13_001.0))
            .Disconnected("08:10:05").Connected(back, "b").Gets(back, (Field.Location, Place(52.55, 13.40)), (Field.Odometer, 13_004.0))
            .Until("08:40:00");

        scene.Rows.Count(row => row.StartsWith("drive ", StringComparison.Ordinal)).ShouldBe(drives);
        scene.Rows.Count(row => row == "close").ShouldBe(drives - 1);
        scene.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Driving>();
    }

    [Fact]
    public void A_car_that_never_comes_back_is_asked_for_once_and_its_drive_ends_where_it_was_lost()
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:10:00", (Field.Location, Place(52.51, 13.40))).Disconnected("08:10:05");
        var before = scene.Requests.Count;
        scene.Until("20:09:00").Rows.ShouldNotContain("close");
        scene.Until("20:11:00").Requests.Skip(before).Select(request => request.Reason).ShouldBe(["a drive without an end"]);

        scene.Rows.ShouldContain("close");
        scene.Rows[^1].ShouldBe("state asleep 08:10:05");
    }

    [Fact]
    public void A_drive_over_midnight_is_one_also_when_the_servers_clock_is_set_back()
    {
        var scene = Parked().Gets("23:55:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("1.00:05:00", (Field.Location, Place(52.51, 13.40))).Until("1.00:05:05");
        scene.ClockStep(TimeSpan.FromSeconds(-40));
        scene.Gets(ARecord((Field.Location, Place(52.52, 13.40))), At("1.00:05:20"), scene.Now.AddSeconds(20))
            .Gets(ARecord((Field.Gear, "P"), (Field.Location, Place(52.53, 13.40))), At("1.00:10:00"), At("1.00:10:00")).Until("1.00:12:00");

        scene.Rows.Count(row => row.StartsWith("drive ", StringComparison.Ordinal)).ShouldBe(1);
        scene.Rows.Count(row => row == "close").ShouldBe(1);
    }

    [Fact]
    public void A_change_of_gear_that_is_told_too_late_parts_a_drive()
    {
        var scene = Parked()
            .Gets("08:10:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:20:00", (Field.Location, Place(52.51, 13.40)))
            .Gets("08:30:00", (Field.Location, Place(52.52, 13.40)))
            .Gets("08:40:00", (Field.Gear, "P"), (Field.Location, Place(52.53, 13.40))).Until("08:42:00");
        scene.GetsLate("08:45:00", "08:15:00", (Field.Gear, "P")).GetsLate("08:46:00", "08:25:00", (Field.Gear, "D")).Until("08:47:00");

        scene.Rows.Where(row => row.StartsWith("segment", StringComparison.Ordinal)).ShouldBe(
        [
            "segment 08:10:00 to 08:40:00: 08:10:00 to 08:15:00",
            "segment 08:15:00 to 08:40:00: 08:25:00 to 08:40:00",
        ]);
        // Nor does the car seem to drive now.
        scene.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Online>();
    }

    [Fact]
    public void A_change_of_gear_that_is_told_too_late_parts_a_drive_that_goes_on()
    {
        var scene = Parked()
            .Gets("08:10:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:14:00", (Field.Location, Place(52.51, 13.40)))
            .Gets("08:20:00", (Field.Gear, "D"), (Field.Location, Place(52.51, 13.40)))
            .Gets("08:21:00", (Field.Location, Place(52.52, 13.40))).Until("08:22:10");
        scene.GetsLate("08:22:15", "08:15:00", (Field.Gear, "P")).Until("08:23:30");

        scene.Rows.Where(row => row.StartsWith("segment", StringComparison.Ordinal)).ShouldBe(
            ["segment 08:10:00 to 08:20:00: 08:10:00 to 08:15:00, open since 08:20:00"]);
        // The drive under way goes on, and ends once.
        scene.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Driving>();
        scene.Gets("08:24:00", (Field.Gear, "P"), (Field.Location, Place(52.53, 13.40))).Until("08:26:00");
        scene.Rows.Count(row => row == "close").ShouldBe(1);
    }

    [Fact]
    public void A_late_gear_that_changes_nothing_leaves_the_drives_alone()
    {
        var scene = Parked()
            .Gets("08:10:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:12:00", (Field.Gear, "D"), (Field.Location, Place(52.505, 13.40)))
            .Gets("08:20:00", (Field.Location, Place(52.51, 13.40))).Until("08:21:00");
        scene.GetsLate("08:22:00", "08:11:00", (Field.Gear, "R")).GetsLate("08:23:00", "08:15:00", (Field.Soc, 60.0)).Until("08:24:00");

        scene.Rows.ShouldNotContain(row => row.StartsWith("segment", StringComparison.Ordinal));
    }

    [Fact]
    public void A_correction_writes_at_most_one_row()
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:10:00", (Field.Location, Place(52.51, 13.40))).Until("08:11:05");
        var rows = scene.Rows.Count;
        scene.Gets(
            ARecord((Field.Location, Place(52.505, 13.40)), (Field.VehicleSpeed, 31.0), (Field.Odometer, 12345.9),
                (Field.Soc, 60.0)) with
            { IsResend = true },
            At("08:07:00"), At("08:11:10")).Until("08:13:00");

        scene.Rows.Skip(rows).ShouldBe(["late 08:07:00 52.505,13.4 50 km/h"]);
    }

    // Charges

    [Fact]
    public void A_charge_that_is_taken_up_again_with_the_same_cable_is_another_process_of_its_own_energy()
    {
        var scene = Charging()
            .Gets("09:10:00", (Field.DcchargingEnergyIn, 2.0), (Field.AcchargingEnergyIn, 2.2), (Field.Location, Place(52.52, 13.4)))
            .Gets("09:20:00", (Field.DetailedChargeState, "Stopped"), (Field.AcchargingPower, 0.0))
            .Gets("10:00:00", (Field.DetailedChargeState, "Charging"), (Field.AcchargingPower, 11.0))
            .Gets("10:10:00", (Field.DcchargingEnergyIn, 4.0), (Field.AcchargingEnergyIn, 4.4))
            .Gets("10:20:00", (Field.DetailedChargeState, "Complete"), (Field.AcchargingPower, 0.0)).Until("10:22:00");

        scene.Rows.Where(row => row.StartsWith("complete", StringComparison.Ordinal)).ShouldBe(["complete used 2.2", "complete used 2.2"]);
    }

    [Theory]
    [InlineData(1.95, 0)]
    [InlineData(1.94, 1)]
    public void A_counter_that_falls_far_is_another_charge(double counter, int completed)
    {
        var scene = Charging().Gets("09:10:00", (Field.DcchargingEnergyIn, 2.0)).Gets("09:20:00", (Field.DcchargingEnergyIn, counter))
            .Until("09:21:00");

        scene.Rows.Count(row => row.StartsWith("complete", StringComparison.Ordinal)).ShouldBe(completed);
        scene.Shown.State.Word.ShouldBe("charging");
    }

    [Fact]
    public void A_pause_without_power_is_part_of_the_charge_and_has_rows_at_once()
    {
        var scene = Charging().Gets("09:10:00", (Field.DcchargingEnergyIn, 2.0), (Field.AcchargingPower, 11.0))
            .Gets("09:10:05", (Field.AcchargingPower, 0.0)).Gets("09:10:08", (Field.AcchargingPower, 11.0)).Until("09:12:00");

        scene.Rows.Where(row => row.StartsWith("charge 09:10:0", StringComparison.Ordinal)).ShouldBe(
            ["charge 09:10:00 2 kWh 11 kW", "charge 09:10:05 2 kWh 0 kW", "charge 09:10:08 2 kWh 11 kW"]);
        scene.Rows.ShouldNotContain(row => row.StartsWith("complete", StringComparison.Ordinal));
    }

    [Fact]
    public void A_state_that_nobody_knows_ends_no_charge()
    {
        var scene = Charging().Gets("09:10:00", (Field.DetailedChargeState, new TelemetryValue.Code(CodeKinds.DetailedChargeState, 8)))
            .Gets("09:11:00", (Field.DetailedChargeState, Invalid)).Until("09:12:00");

        scene.Rows.ShouldNotContain(row => row.StartsWith("complete", StringComparison.Ordinal));
        scene.Shown.State.Word.ShouldBe("charging");
    }

    [Fact]
    public void Starting_for_an_hour_and_then_a_drive_is_a_charge_without_energy_and_a_drive()
    {
        var scene = Charging(state: "Starting").Gets("09:53:00", (Field.Gear, "D"), (Field.Location, Place(52.53, 13.4))).Until("09:55:00");

        scene.Rows.SkipWhile(row => !row.StartsWith("charging", StringComparison.Ordinal))
            .Where(row => !row.StartsWith("version", StringComparison.Ordinal)).ShouldBe(
        [
            "charging 08:53:30 at 08:53:30", "charge 08:53:30 0 kWh 0 kW", "pos 09:53:00 52.53,13.4", "charge 09:53:00 0 kWh 0 kW", "complete used 0",
            "state online 09:53:00", "pos 09:53:00 52.53,13.4", "drive 09:53:00: pos(d) 09:53:00 52.53,13.4",
        ]);
    }

    [Fact]
    public void A_charge_has_its_rated_range_where_no_ideal_one_is_told()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets("08:00:01", (Field.Gear, "P"), (Field.Location, Place(52.52, 13.4)),
            (Field.RatedRange, 200.0),
                (Field.IdealBatteryRange, 999.0), (Field.DetailedChargeState, "Disconnected"))
            .Gets("08:53:30", (Field.DetailedChargeState, "Charging"), (Field.AcchargingPower, 11.0)).Until("08:55:00");

        scene.Entries.OfType<LogbookEntry.InsertCharge>().First().Charge.IdealRangeKm.ShouldBe(321.87);
    }

    [Fact]
    public void Direct_current_is_known_by_its_power_where_nothing_says_so_and_no_phases_are_none()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets(1)
            .Gets("08:53:30", (Field.DetailedChargeState, "Charging"), (Field.DcchargingPower, 90.0), (Field.ChargerPhases, 0),
                (Field.ChargeAmps, 12.0))
            .Gets("08:53:50", (Field.DcchargingPower, 91.0), (Field.FastChargerPresent, Invalid)).Until("08:54:00");
        var row = scene.Entries.OfType<LogbookEntry.InsertCharge>().Last().Charge;
        (row.ChargerPowerKw, row.ChargerActualCurrentA, row.ChargerPhases, row.FastChargerPresent).ShouldBe((91, 0, null, null));

        // Every 5 s, not every 20.
        scene.Gets("08:54:01", (Field.DcchargingPower, 92.0)).Gets("08:54:06", (Field.DcchargingPower, 93.0)).Until("08:54:10");
        scene.Rows[^1].ShouldBe("charge 08:54:06 0 kWh 93 kW");
    }

    [Fact]
    public void Present_that_is_invalid_during_a_charge_of_direct_current_stays_true()
    {
        var scene = Charging(direct: true).Gets("09:00:00", (Field.FastChargerPresent, Invalid), (Field.DcchargingPower, 80.0)).Until("09:01:00");

        scene.Entries.OfType<LogbookEntry.InsertCharge>().Last().Charge.FastChargerPresent.ShouldBe(true);
        scene.Entries.OfType<LogbookEntry.InsertCharge>().Last().Charge.FastChargerType.ShouldBe("Tesla");
    }

    [Fact]
    public void A_charge_that_is_lost_goes_on_when_the_car_is_back_at_its_place()
    {
        var scene = Charging().Gets("09:00:00", (Field.DcchargingEnergyIn, 1.0)).Disconnected("09:01:00").Until("11:00:00");
        scene.Shown.State.Word.ShouldBe("charging");
        scene.Connected("11:00:01", "b").Gets("11:00:02", (Field.DcchargingEnergyIn, 20.0)).Until("11:02:00");
        scene.Rows.ShouldNotContain(row => row.StartsWith("complete", StringComparison.Ordinal));

        scene.Disconnected("11:03:00", "b").Connected("12:00:00", "c").Gets("12:00:01", (Field.DcchargingEnergyIn, 25.0), (Field.Odometer, 12400.0))
            .Until("12:02:00");
        scene.Rows.Count(row => row.StartsWith("complete", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public void A_charge_whose_car_never_comes_back_is_completed_after_a_day()
    {
        var scene = Charging().Gets("09:00:00", (Field.DcchargingEnergyIn, 1.0)).Disconnected("09:01:00").Until("1.08:59:00");
        scene.Rows.ShouldNotContain(row => row.StartsWith("complete", StringComparison.Ordinal));
        scene.Until("1.09:02:00");
        scene.Requests[^1].Reason.ShouldBe("a charge without an end");
        scene.Rows.ShouldContain(row => row.StartsWith("complete", StringComparison.Ordinal));
    }

    // Updates

    [Fact]
    public void The_version_that_older_cars_offer_is_not_the_one_they_run()
    {
        var scene = new TelemetryScene().Connected("08:00:00").Gets("08:00:01", (Field.Gear, "P"), (Field.Location, Place(52.52, 13.4)),
            (Field.Version, "2024.38.7 abc"))
            .Until("08:01:00");

        scene.Rows.ShouldNotContain(row => row.StartsWith("version", StringComparison.Ordinal));
        scene.Shown.Version.ShouldBeNull();
    }

    [Fact]
    public void A_download_that_is_ready_for_days_is_no_installation()
    {
        var scene = Parked().Gets("08:05:00", (Field.SoftwareUpdateVersion, "2026.26.1"), (Field.SoftwareUpdateDownloadPercentComplete, 100),
            (Field.SoftwareUpdateInstallationPercentComplete, 10)).Until("3.08:00:00");

        scene.Rows.ShouldNotContain(row => row.StartsWith("update", StringComparison.Ordinal));
        (scene.Shown.UpdateAvailable, scene.Shown.UpdateVersion).ShouldBe((true, "2026.26.1"));
    }

    [Fact]
    public void An_installation_that_is_lost_at_a_third_ends_with_the_first_version_told()
    {
        var scene = Parked().Gets(11).Disconnected("11:10:00").Until("13:00:00");
        scene.Shown.State.Word.ShouldBe("updating");
        scene.Connected("13:05:00", "b").Gets("13:05:01", (Field.Version, "2026.26.1 9f8e7d6c5b4a")).Until("13:06:00");

        scene.Rows.ShouldContain("finish update 13:05:01 2026.26.1 9f8e7d6c5b4a");
    }

    // Feeds

    [Fact]
    public void A_broken_feed_hands_over_in_a_drive_and_takes_over_again_without_closing_it()
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:10:00", (Field.Location, Place(52.51, 13.40))).Disconnected("08:10:05");
        scene.Until("08:12:00").Send(new VehicleEvent.ResumeAsked(At("08:12:00")));
        scene.Requests[^1].Reason.ShouldBe("the owner asked");
        scene.Says("online").Until("08:16:00").Says("online");
        scene.Vehicle.Telemetry.Leads.ShouldBeFalse();
        scene.Rows.ShouldNotContain("close");

        scene.Connected("08:20:00", "b");
        for (var minute = 20; minute <= 31; minute++)
            scene.Gets($"08:{minute}:30", (Field.Location, Place(52.5 + (minute * 0.001), 13.40)));
        scene.Until("08:32:00").Vehicle.Telemetry.Leads.ShouldBeTrue();
        scene.Rows.ShouldNotContain("close");
        scene.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Driving>();
    }

    [Fact]
    public void A_car_without_its_configuration_is_polled_in_a_drive_and_takes_over_again_without_closing_it()
    {
        var scene = Parked().Gets("08:05:00", (Field.Gear, "D"), (Field.Location, Place(52.50, 13.40)))
            .Gets("08:10:00", (Field.Location, Place(52.51, 13.40))).Until("08:10:05");
        scene.Send(new VehicleEvent.TelemetryCut(At("08:10:05"), null));
        scene.Vehicle.Telemetry.Leads.ShouldBeFalse();
        scene.Effects.OfType<Effect.Log>().ShouldContain(effect => effect.Note is Note.TelemetryUnsynced);
        scene.Effects.OfType<Effect.Poll>().Last().After.ShouldBe(TimeSpan.Zero);
        var told = scene.Effects.Count;
        scene.Send(new VehicleEvent.TelemetryCut(At("08:10:05"), null));
        scene.Effects.Count.ShouldBe(told, "it is polled already");

        for (var minute = 20; minute <= 31; minute++)
            scene.Gets($"08:{minute}:30", (Field.Location, Place(52.5 + (minute * 0.001), 13.40)));
        scene.Until("08:32:00").Vehicle.Telemetry.Leads.ShouldBeTrue();
        scene.Rows.ShouldNotContain("close");
        scene.Vehicle.Phase.ShouldBeOfType<VehiclePhase.Driving>();
    }

    /// <summary>Where each request costs, polling in a feed's stead is seldom (spec fleet-telemetry 4.10); else as ever.</summary>
    [Theory]
    [InlineData("driving", true, 30)]
    [InlineData("driving", false, 15)]
    [InlineData("charging", true, 300)]
    [InlineData("charging", false, 5)]
    [InlineData("online", true, 300)]
    [InlineData("online", false, 30)]
    [InlineData("asleep", true, 1800)]
    [InlineData("asleep", false, 30)]
    public void Polling_in_a_feeds_stead_has_its_own_pauses(string what, bool isPriced, int seconds)
    {
        var scene = new TelemetryScene(isPriced: isPriced).Connected("08:00:00").Gets(1).Until("08:01:00");
        scene.Send(new VehicleEvent.TelemetryCut(scene.Now, "connection refused"));
        scene.Effects.OfType<Effect.Log>().ShouldContain(effect => effect.Note is Note.TelemetryRefused);
        scene.Effects.OfType<Effect.Poll>().Last().After.ShouldBe(TimeSpan.Zero, "what has happened meanwhile is looked at now");

        for (var i = 0; i < 4; i++)
        {
            scene.Send(new VehicleEvent.PollDue(scene.Now, scene.Vehicle.Poll!.Value));
            var parked = ACar.Online(0, 52.52, 13.4).Timed(scene.Now).Odometer(12345.7).Range(180);
            scene.Send(new VehicleEvent.Answered(scene.Now, scene.Vehicle.Request!.Value, new ApiAnswer<VehicleData>.Ok(what switch
            {
                "driving" => parked.Gear(ShiftState.D, 30),
                "charging" => parked.Charging("Charging", kwh: i, range: 180, power: 50),
                "online" => parked,
                _ => ACar.Asleep,
            }), Surroundings.Unknown));
        }

        scene.Vehicle.Telemetry.Leads.ShouldBeFalse();
        scene.Effects.OfType<Effect.Poll>().Last().After.ShouldBe(TimeSpan.FromSeconds(seconds));
        (scene.Vehicle.PollDue - scene.Now).ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Fact]
    public void What_the_older_stream_tells_is_asked_about_at_once_but_no_more_often_than_on_a_drive()
    {
        var scene = new TelemetryScene(isPriced: true).Connected("08:00:00").Gets(1).Until("08:01:00");
        scene.Send(new VehicleEvent.TelemetryCut(scene.Now, null));
        var parked = ACar.Online(0, 52.52, 13.4).Timed(scene.Now).Odometer(12345.7).Range(180).Gear(ShiftState.P);
        scene.Send(new VehicleEvent.PollDue(scene.Now, scene.Vehicle.Poll!.Value))
            .Send(new VehicleEvent.Answered(scene.Now, scene.Vehicle.Request!.Value, new ApiAnswer<VehicleData>.Ok(parked), Surroundings.Unknown));
        scene.Effects.OfType<Effect.Poll>().Last().After.ShouldBe(TimeSpan.FromMinutes(5));

        var began = scene.Now;
        Says();
        scene.Effects.OfType<Effect.Poll>().Last().After.ShouldBe(TimeSpan.Zero);
        scene.Send(new VehicleEvent.PollDue(scene.Now, scene.Vehicle.Poll!.Value))
            .Send(new VehicleEvent.Answered(scene.Now, scene.Vehicle.Request!.Value, new ApiAnswer<VehicleData>.Ok(
                parked.Timed(scene.Now)), Surroundings.Unknown));
        Says();
        scene.Vehicle.PollDue!.Value.ShouldBeGreaterThanOrEqualTo(began.AddSeconds(30));

        void Says() => scene.Send(new VehicleEvent.Streamed(scene.Now, scene.Vehicle.Stream!.Value, new StreamEvent.Data(new StreamId(1),
            ACar.Sample(gear: ShiftState.D, mph: 0) with { Time = scene.Now }), Surroundings.Unknown));
    }

    [Fact]
    public void Telemetry_takes_over_a_polled_charge_and_closes_its_stream()
    {
        var scene = new TelemetryScene(isConfigured: false);
        scene.Gets("08:00:10", (Field.Gear, "P"), (Field.Location, Place(52.52, 13.4)), (Field.DetailedChargeState, "Charging"),
            (Field.IdealBatteryRange, 150.0)).Until("08:00:20");

        scene.Vehicle.Telemetry.Leads.ShouldBeTrue();
        scene.Vehicle.Request.ShouldBeNull();
        scene.Rows.Count(row => row.StartsWith("charging", StringComparison.Ordinal)).ShouldBe(1);
        var effects = scene.Effects.Count;
        scene.Gets("08:30:00", (Field.DcchargingEnergyIn, 5.0)).Until("08:31:00");
        scene.Effects.Skip(effects).ShouldNotContain(effect => effect is Effect.Fetch || effect is Effect.ConnectStream);
    }

    static bool IsOfDrive(string row)
        => row.StartsWith("drive", StringComparison.Ordinal) || row.StartsWith("pos(d)", StringComparison.Ordinal) || row == "close";

    static TelemetryScene Parked() => new TelemetryScene().Connected("08:00:00").Gets(1);

    static TelemetryScene Charging(string state = "Charging", bool direct = false) => Parked().Gets("08:53:30",
        (Field.DetailedChargeState, state), (Field.DcchargingEnergyIn, 0.0), (Field.AcchargingEnergyIn, 0.0), (Field.AcchargingPower, 0.0),
        (Field.FastChargerPresent, direct), (Field.FastChargerType, direct ? "Supercharger" : "ACSingleWireCAN"),
        (Field.Location, Place(52.52, 13.40)));

    static InboxRecord InTheInbox(DateTimeOffset? stamp, DateTimeOffset received, DateTimeOffset? created = null) => InboxRecord.Of(
        new(1), RecordType.Data, RecordForm.Protobuf, IntakePath.Endpoint, default, ARecord((Field.Soc, 50.0)) with { CreatedAt = stamp }, created,
        received, default);
}
