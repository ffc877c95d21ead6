using TeslaMate.Telemetry.Pipeline;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Tesla.Cars;
using static TeslaMate.Tests.Telemetry.Pipeline.TelemetryScene;

namespace TeslaMate.Tests.Telemetry.Pipeline;

/// <summary>What each field becomes in an answer of Tesla's API, in each form that it comes in (spec fleet-telemetry 3).</summary>
public class ProjectionTests
{
    // drive_state

    [Fact]
    public void A_place_has_six_decimals_and_may_be_text_and_impossible_ones_say_nothing()
    {
        var drive = Shown((Field.Location, Place(52.12345678, 13.98765432))).DriveState!;
        (drive.Latitude, drive.Longitude).ShouldBe((52.123457, 13.987654));
        drive = Shown((Field.Location, "(37.412374 N, 122.145867 W)")).DriveState!;
        (drive.Latitude, drive.Longitude).ShouldBe((37.412374, -122.145867));
        foreach (var impossible in new[] { Place(0, 0), Place(91, 13), Place(52, -181), Place(double.NaN, 13), Place(52, double.PositiveInfinity) })
            Then([(Field.Location, Place(1.5, 2.5))], [(Field.Location, impossible)]).DriveState!.Latitude.ShouldBe(1.5);
    }

    [Theory]
    [InlineData(87.4, 87)]
    [InlineData(359.6, 0)]
    [InlineData(-10.0, 350)]
    public void A_heading_is_a_whole_number_of_the_circle(double sent, int heading) => Shown((Field.GpsHeading, sent)).DriveState!.Heading
        .ShouldBe(heading);

    [Theory]
    [InlineData("D", ShiftState.D, true)]
    [InlineData("ShiftStateR", ShiftState.R, true)]
    [InlineData("N", ShiftState.N, true)]
    [InlineData("P", ShiftState.P, false)]
    [InlineData("SNA", null, false)]
    [InlineData("Unknown", null, false)]
    public void A_speed_is_one_only_in_gear(string gear, ShiftState? shift, bool hasSpeed)
    {
        foreach (var value in new object[] { gear, Code(9, gear.Replace("ShiftState", "", StringComparison.Ordinal)) })
        {
            var drive = Shown((Field.Gear, value), (Field.VehicleSpeed, 31.068559611866696)).DriveState!;
            drive.ShiftState.ShouldBe(shift);
            drive.ExactSpeed.ShouldBe(hasSpeed ? 31.068559611866696 : null);
        }
    }

    [Theory]
    [InlineData(352.5, -42.3, 15)]
    [InlineData(379.0, 311.3, -118)]
    [InlineData(400.0, 0.0, 0)]
    public void Power_is_what_leaves_the_battery(double volt, double ampere, int kilowatt) =>
        Shown((Field.PackVoltage, volt), (Field.PackCurrent, ampere)).DriveState!.Power.ShouldBe(kilowatt);

    [Fact]
    public void Power_is_unknown_until_both_parts_are_known_since_the_last_loss()
    {
        Shown((Field.PackVoltage, 400.0)).DriveState!.Power.ShouldBeNull();
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord((Field.PackVoltage, 400.0), (Field.PackCurrent, -10.0), (Field.Location, Place(1, 2)), (Field.GpsHeading, 90),
            (Field.Gear, "D"), (Field.VehicleSpeed, 30.0), (Field.Soc, 50.0)), T, T);
        snapshot.Apply(ARecord((Field.PackCurrent, -20.0)), T.AddSeconds(31), T);
        var shown = Projection.Shown(snapshot, T.AddSeconds(31), TimeZoneInfo.Utc);
        var drive = shown.DriveState!;
        (drive.Power, drive.Latitude, drive.Heading, drive.ExactSpeed).ShouldBe((null, null, null, null));
        (drive.ShiftState, shown.ChargeState!.UsableBatteryLevel).ShouldBe((ShiftState.D, 50));
    }

    [Fact]
    public void A_route_is_whole_or_none()
    {
        (Field, object)[] route =
        [
            (Field.DestinationName, "Home"), (Field.DestinationLocation, Place(52.5, 13.4)), (Field.MilesToArrival, 12.5),
            (Field.MinutesToArrival, 20.25), (Field.ExpectedEnergyPercentAtTripArrival, 41), (Field.RouteTrafficMinutesDelay, 3.0),
        ];
        var drive = Shown(route).DriveState!;
        (drive.ActiveRouteDestination, drive.ActiveRouteLatitude, drive.ActiveRouteLongitude, drive.ActiveRouteEnergyAtArrival)
            .ShouldBe(("Home", 52.5, 13.4, 41));
        ((double?)drive.ActiveRouteMilesToArrival, (double?)drive.ActiveRouteMinutesToArrival, (double?)drive.ActiveRouteTrafficMinutesDelay)
            .ShouldBe((12.5, 20.25, 3.0));
        drive = Then(route, [(Field.DestinationName, Invalid)]).DriveState!;
        (drive.ActiveRouteDestination, drive.ActiveRouteLatitude, drive.ActiveRouteMilesToArrival, drive.ActiveRouteEnergyAtArrival)
            .ShouldBe((null, null, null, null));
    }

    // charge_state

    [Fact]
    public void Levels_are_rounded_and_the_usable_one_stands_in_for_the_other()
    {
        var charge = Shown((Field.Soc, 62.5), (Field.BatteryLevel, "64.4")).ChargeState!;
        (charge.UsableBatteryLevel, charge.BatteryLevel).ShouldBe((63, 64));
        Shown((Field.Soc, 62.4)).ChargeState!.BatteryLevel.ShouldBe(62);
        Then([(Field.Soc, 62.4)], [(Field.Soc, 250.0)]).ChargeState!.UsableBatteryLevel.ShouldBe(62, "no battery is that full");
    }

    [Theory]
    [InlineData(180.0, 180.0)]
    [InlineData(900.0, 175.5)]
    [InlineData(999.0, 175.5)]
    [InlineData(null, 175.5)]
    public void The_rated_range_stands_in_for_an_ideal_one_that_is_none(double? sent, double ideal)
    {
        Shown((Field.RatedRange, 175.5), (Field.IdealBatteryRange, sent is { } range ? range : Invalid)).ChargeState!.IdealBatteryRange
            .ShouldBe(ideal);
        Shown((Field.RatedRange, 175.5)).ChargeState!.IdealBatteryRange.ShouldBe(175.5);
    }

    [Fact]
    public void A_charge_without_a_range_has_that_of_its_level_if_one_was_ever_told()
    {
        (Field, object)[] plugged =
            [(Field.DetailedChargeState, "Charging"), (Field.RatedRange, Invalid), (Field.IdealBatteryRange, Invalid), (Field.Soc, 60.0)];
        Then([(Field.RatedRange, 200.0), (Field.Soc, 50.0)], plugged).ChargeState!.IdealBatteryRange.ShouldBe(240);
        Shown(plugged).ChargeState!.IdealBatteryRange.ShouldBeNull();
        Then([(Field.RatedRange, 200.0), (Field.Soc, 50.0)], [(Field.RatedRange, Invalid)]).ChargeState!.IdealBatteryRange.ShouldBeNull();
    }

    [Theory]
    [InlineData("Disconnected")]
    [InlineData("NoPower")]
    [InlineData("Starting")]
    [InlineData("Charging")]
    [InlineData("Complete")]
    [InlineData("Stopped")]
    public void The_charging_state_is_the_detailed_one_and_never_the_controllers(string word)
    {
        Shown((Field.DetailedChargeState, word)).ChargeState!.ChargingState.ShouldBe(word);
        Shown((Field.DetailedChargeState, "DetailedChargeState" + word)).ChargeState!.ChargingState.ShouldBe(word);
        Shown((Field.DetailedChargeState, Code(32, word))).ChargeState!.ChargingState.ShouldBe(word);
        Shown((Field.ChargeState, word)).ChargeState!.ChargingState.ShouldBeNull();
        foreach (object nothing in new object[] { Invalid, new TelemetryValue.Code(32, 8), "Idle", 3.5 })
            Then([(Field.DetailedChargeState, word)], [(Field.DetailedChargeState, nothing)]).ChargeState!.ChargingState.ShouldBe(word);
    }

    [Fact]
    public void Alternating_current_is_told_by_the_charger()
    {
        (Field, object)[] charging =
        [
            (Field.DetailedChargeState, "Charging"), (Field.FastChargerPresent, false), (Field.AcchargingPower, 10.6), (Field.DcchargingPower, 9.9),
            (Field.ChargeAmps, 15.6), (Field.ChargerVoltage, 230.6), (Field.PackVoltage, 379.4), (Field.ChargerPhases, 3),
            (Field.ChargeCurrentRequest, 16), (Field.ChargeCurrentRequestMax, 32), (Field.DcchargingEnergyIn, 1.236), (Field.ChargeLimitSoc, 80),
            (Field.ChargePortDoorOpen, true), (Field.TimeToFullCharge, 2.75),
        ];
        var charge = Shown(charging).ChargeState!;
        (charge.ChargerPower, charge.ChargerActualCurrent, charge.ChargerVoltage, charge.ChargerPhases, charge.ChargerPilotCurrent)
            .ShouldBe((11, 16, 231, 3, 32));
        (charge.ChargeCurrentRequest, charge.ChargeCurrentRequestMax, charge.ChargeLimitSoc, charge.ChargePortDoorOpen, charge.FastChargerPresent)
            .ShouldBe((16, 32, 80, true, false));
        ((double?)charge.ChargeEnergyAdded, (double?)charge.TimeToFullCharge).ShouldBe((1.24, 2.75));
        Then(charging, [(Field.ChargerPhases, 0)]).ChargeState!.ChargerPhases.ShouldBeNull();
        Then(charging, [(Field.TimeToFullCharge, Invalid)]).ChargeState!.TimeToFullCharge.ShouldBeNull();
        Then(charging, [(Field.DetailedChargeState, "Complete")]).ChargeState!.ChargerPower.ShouldBe(0);
        charge = Then(charging, [(Field.DetailedChargeState, "Disconnected")]).ChargeState!;
        (charge.ChargerVoltage, charge.ChargerPower, charge.FastChargerPresent).ShouldBe((null, 0, null));
    }

    [Fact]
    public void Direct_current_is_told_by_the_battery()
    {
        var charge = Shown((Field.DetailedChargeState, "Charging"), (Field.FastChargerPresent, "true"), (Field.AcchargingPower, 3.0),
            (Field.DcchargingPower, 118.4), (Field.ChargeAmps, 15.6), (Field.ChargerVoltage, 2.0), (Field.PackVoltage, 379.4),
            (Field.ChargerPhases, 3), (Field.ChargeCurrentRequestMax, 32)).ChargeState!;
        (charge.ChargerPower, charge.ChargerActualCurrent, charge.ChargerVoltage, charge.ChargerPhases, charge.ChargerPilotCurrent)
            .ShouldBe((118, 0, 379, null, null));
    }

    [Fact]
    public void A_car_without_a_word_for_it_is_plugged_in_while_power_flows()
    {
        Shown((Field.ChargerVoltage, 230.0), (Field.AcchargingPower, 11.0)).ChargeState!.ChargerVoltage.ShouldBe(230);
        Shown((Field.ChargerVoltage, 230.0), (Field.AcchargingPower, 0.0)).ChargeState!.ChargerVoltage.ShouldBeNull("it flickers when idle");
    }

    [Theory]
    [InlineData("Supercharger", "Tesla", "Tesla")]
    [InlineData("Combo", "Combo", null)]
    [InlineData("CHAdeMO", "CHAdeMO", null)]
    [InlineData("GB", "GB", null)]
    [InlineData("ACSingleWireCAN", "ACSingleWireCAN", null)]
    [InlineData("MCSingleWireCAN", "MCSingleWireCAN", null)]
    [InlineData("Other", "Other", null)]
    [InlineData("SNA", "<invalid>", null)]
    public void The_type_of_a_fast_charger_has_the_polled_words(string word, string type, string? brand)
    {
        foreach (object value in new object[] { word, "FastCharger" + word, Code(40, word) })
        {
            var charge = Shown((Field.FastChargerType, value)).ChargeState!;
            (charge.FastChargerType, charge.FastChargerBrand).ShouldBe((type, brand));
        }

        Shown((Field.FastChargerType, Invalid)).ChargeState!.FastChargerType.ShouldBe("<invalid>");
        Shown((Field.Soc, 1.0)).ChargeState!.FastChargerType.ShouldBeNull();
    }

    [Theory]
    [InlineData("IEC", "IEC")]
    [InlineData("SAE", "SAE")]
    [InlineData("GB_AC", "GB_AC")]
    [InlineData("GB_DC", "GB_DC")]
    [InlineData("SNA", "<invalid>")]
    public void A_cable_has_the_polled_words(string word, string cable)
    {
        Shown((Field.ChargingCableType, Code(41, word))).ChargeState!.ConnChargeCable.ShouldBe(cable);
        Shown((Field.ChargingCableType, word)).ChargeState!.ConnChargeCable.ShouldBe(cable);
        Shown((Field.ChargingCableType, Invalid)).ChargeState!.ConnChargeCable.ShouldBe("<invalid>");
    }

    [Fact]
    public void Heating_is_told_to_both_sections()
    {
        var data = Shown((Field.BatteryHeaterOn, true), (Field.NotEnoughPowerToHeat, "True"));
        (data.ChargeState!.BatteryHeaterOn, data.ChargeState.NotEnoughPowerToHeat).ShouldBe((true, true));
        (data.ClimateState!.BatteryHeater, data.ClimateState.BatteryHeaterNoPower).ShouldBe((true, null));
    }

    /// <summary>1739899580 is 09:26:20 in Los Angeles; the car in Germany meant 09:26:20 there (spec fleet-telemetry 3.4).</summary>
    [Theory]
    [InlineData(52.5, 13.4, "2025-02-18T08:26:20Z")]
    [InlineData(51.5, -0.1, "2025-02-18T09:26:20Z")]
    [InlineData(37.4, -122.1, "2025-02-18T17:26:20Z")]
    [InlineData(28.6, 77.2, "2025-02-18T03:56:20Z")]
    [InlineData(null, null, "2025-02-18T14:26:20Z")]
    public void A_scheduled_charge_is_meant_in_the_zone_of_the_cars_place_or_else_of_the_server(double? latitude, double? longitude, string expected)
    {
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord((Field.ScheduledChargingPending, true), (Field.ScheduledChargingStartTime, "1739899580")), T, T);
        if (latitude is { } north && longitude is { } east)
            snapshot.Apply(ARecord((Field.Location, Place(north, east))), T, T);
        Start().ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
        // The place of yesterday still tells the zone.
        snapshot.Apply(ARecord((Field.Soc, 50.0)), T.AddDays(1), T.AddDays(1));
        Start().ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
        snapshot.Apply(ARecord((Field.ScheduledChargingPending, false)), T.AddDays(1), T.AddDays(1));
        Start().ShouldBeNull();

        DateTimeOffset? Start() => Projection.Shown(snapshot, T.AddDays(1), TimeZoneInfo.FindSystemTimeZoneById("America/New_York")).ChargeState!
            .ScheduledChargingStartTime;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1e300)]
    [InlineData(253_402_300_798.0)]
    [InlineData(double.NaN)]
    public void A_scheduled_time_that_is_none_breaks_nothing(double sent) => Shown((Field.ScheduledChargingPending, true),
        (Field.ScheduledChargingStartTime, sent), (Field.SoftwareUpdateScheduledStartTime, sent), (Field.Location, Place(52, 13)))
            .ChargeState!.ScheduledChargingStartTime.ShouldBeNull();

    // climate_state

    [Fact]
    public void The_drivers_side_is_the_left_one_unless_the_wheel_is_on_the_right()
    {
        (Field, object)[] climate =
        [
            (Field.InsideTemp, 20.24), (Field.OutsideTemp, "-3.5"),
            (Field.HvacLeftTemperatureRequest, 21.0), (Field.HvacRightTemperatureRequest, 19.5), (Field.HvacFanStatus, 4),
        ];
        var shown = Shown(climate).ClimateState!;
        ((double?)shown.InsideTemp, (double?)shown.OutsideTemp, shown.FanStatus).ShouldBe((20.24, -3.5, 4));
        ((double?)shown.DriverTempSetting, (double?)shown.PassengerTempSetting).ShouldBe((21, 19.5));
        shown = Shown([.. climate, (Field.RightHandDrive, true)]).ClimateState!;
        ((double?)shown.DriverTempSetting, (double?)shown.PassengerTempSetting).ShouldBe((19.5, 21));
    }

    [Theory]
    [InlineData("On", true, null)]
    [InlineData("Precondition", true, true)]
    [InlineData("Off", false, null)]
    [InlineData("OverheatProtect", false, null)]
    public void Climate_is_on_unless_it_only_protects(string word, bool isOn, bool? isPreconditioning)
    {
        foreach (object value in new object[] { word, Code(38, word) })
        {
            var climate = Shown((Field.HvacPower, value)).ClimateState!;
            (climate.IsClimateOn, climate.IsPreconditioning).ShouldBe((isOn, isPreconditioning));
            Then([(Field.HvacPower, value)], [(Field.HvacPower, Invalid)]).ClimateState!.IsClimateOn.ShouldBe(isOn);
        }

        Shown((Field.HvacPower, word), (Field.PreconditioningEnabled, true)).ClimateState!.IsPreconditioning.ShouldBe(true);
    }

    [Theory]
    [InlineData("Off", "off")]
    [InlineData("On", "on")]
    [InlineData("Dog", "dog")]
    [InlineData("Party", "camp")]
    [InlineData("Unknown", null)]
    public void A_climate_keeper_has_the_polled_words(string word, string? mode)
    {
        Shown((Field.ClimateKeeperMode, Code(37, word))).ClimateState!.ClimateKeeperMode.ShouldBe(mode);
        Shown((Field.ClimateKeeperMode, "ClimateKeeperModeState" + word)).ClimateState!.ClimateKeeperMode.ShouldBe(mode);
    }

    [Theory]
    [InlineData("Off", false)]
    [InlineData("Normal", true)]
    [InlineData("Max", true)]
    [InlineData("AutoDefog", true)]
    public void The_front_is_defrosted_in_every_mode_but_off(string word, bool isOn)
    {
        var climate = Shown((Field.DefrostMode, Code(36, word)), (Field.RearDefrostEnabled, !isOn)).ClimateState!;
        (climate.IsFrontDefrosterOn, climate.IsRearDefrosterOn).ShouldBe((isOn, !isOn));
    }

    // vehicle_state

    [Theory]
    [InlineData("Off", false)]
    [InlineData("Idle", false)]
    [InlineData("Armed", true)]
    [InlineData("Aware", true)]
    [InlineData("Panic", true)]
    [InlineData("Quiet", true)]
    public void A_sentry_watches_unless_it_is_off_or_idle(string word, bool isOn)
    {
        Shown((Field.SentryMode, Code(13, word))).VehicleState!.SentryMode.ShouldBe(isOn);
        Shown((Field.SentryMode, "SentryModeState" + word)).VehicleState!.SentryMode.ShouldBe(isOn);
        Shown((Field.SentryMode, word)).VehicleState!.SentryMode.ShouldBe(isOn);
    }

    [Fact]
    public void Flags_are_flags_in_both_forms()
    {
        foreach (var (yes, no) in new (object, object)[] { (true, false), ("true", "FALSE"), (" True ", "false") })
        {
            var state = Shown((Field.Locked, yes), (Field.ServiceMode, no), (Field.DriverSeatOccupied, yes)).VehicleState!;
            (state.Locked, state.ServiceMode, state.IsUserPresent).ShouldBe((true, false, true));
        }
    }

    [Theory]
    [InlineData("Closed", 0)]
    [InlineData("PartiallyOpen", 1)]
    [InlineData("Opened", 2)]
    public void Windows_are_numbers(string word, int number)
    {
        foreach (object value in new object[] { word, "WindowState" + word, Code(24, word) })
        {
            var state = Shown((Field.FdWindow, value), (Field.FpWindow, value), (Field.RdWindow, value), (Field.RpWindow, value)).VehicleState!;
            (state.FdWindow, state.FpWindow, state.RdWindow, state.RpWindow).ShouldBe((number, number, number, number));
        }
    }

    [Fact]
    public void Doors_may_be_text_and_empty_text_is_all_closed()
    {
        var state = Shown((Field.Version, "2026.20.3 abc"), (Field.DoorState, "DriverFront|TrunkRear|PassengerRear")).VehicleState!;
        (state.Df, state.Dr, state.Pf, state.Pr, state.Ft, state.Rt).ShouldBe((1, 0, 0, 1, 0, 1));
        state = Shown((Field.DoorState, "")).VehicleState!;
        (state.Df, state.Dr, state.Pf, state.Pr, state.Ft, state.Rt).ShouldBe((0, 0, 0, 0, 0, 0));
        Then([(Field.DoorState, "TrunkFront")], [(Field.DoorState, Invalid)]).VehicleState!.Ft.ShouldBe(1);
    }

    [Theory]
    [InlineData("Off", 0)]
    [InlineData("Accessory", 2)]
    [InlineData("On", 3)]
    [InlineData("Driving", 4)]
    [InlineData("Charging", 5)]
    [InlineData("Lock", 6)]
    [InlineData("Sentry", 7)]
    [InlineData("Dog", 8)]
    [InlineData("Entertainment", 9)]
    public void The_screen_has_the_polled_numbers(string word, int number) =>
        Shown((Field.CenterDisplay, Code(47, word))).VehicleState!.CenterDisplayState.ShouldBe(number);

    [Theory]
    [InlineData("NotInstalled", 0)]
    [InlineData("Gen1Installed", 1)]
    [InlineData("Gen2Installed", 2)]
    public void A_sunroof_is_a_number(string word, int number) =>
        Shown((Field.SunroofInstalled, Code(54, word))).VehicleConfig!.SunRoofInstalled.ShouldBe(number);

    [Fact]
    public void Tires_keep_their_pressure_when_it_is_invalid_and_have_four_warnings()
    {
        var state = Then([(Field.TpmsPressureFl, 2.9), (Field.TpmsPressureFr, "2.85"), (Field.TpmsPressureRl, "3.0"),
            (Field.TpmsPressureRr, 3.05), (Field.TpmsSoftWarnings, new TelemetryValue.Tires(true, false, false, true))],
            [(Field.TpmsPressureFl, Invalid)]).VehicleState!;
        ((double?)state.TpmsPressureFl, (double?)state.TpmsPressureFr, (double?)state.TpmsPressureRl, (double?)state.TpmsPressureRr)
            .ShouldBe((2.9, 2.85, 3, 3.05));
        (state.TpmsSoftWarningFl, state.TpmsSoftWarningFr, state.TpmsSoftWarningRl, state.TpmsSoftWarningRr).ShouldBe((true, false, false, true));
    }

    [Theory]
    [InlineData("2024.38.7 abc", null)]
    [InlineData("2024.44 abc", "2024.44 abc")]
    [InlineData("2024.44.25 abc", "2024.44.25 abc")]
    [InlineData(" 2026.20.3 8a1b ", "2026.20.3 8a1b")]
    public void A_version_is_the_one_it_runs_from_2024_44_on(string sent, string? version)
    {
        Shown((Field.Version, sent)).VehicleState!.CarVersion.ShouldBe(version);
        Then([(Field.Version, sent)], [(Field.Version, " ")]).VehicleState!.CarVersion.ShouldBe(version);
    }

    [Theory]
    [InlineData(1, 0, " ", false, "")]
    [InlineData(1, 0, "2026.26.1", false, "available")]
    [InlineData(3, 40, "2026.26.1", false, "downloading")]
    [InlineData(3, 1, " ", false, "downloading")]
    [InlineData(10, 100, "2026.26.1", false, "available")]
    [InlineData(10, 100, "2026.26.1", true, "scheduled")]
    [InlineData(11, 100, "2026.26.1", true, "installing")]
    [InlineData(30, 40, "2026.26.1", false, "installing")]
    public void An_updates_status_is_told_by_its_percentages(int install, int download, string offered, bool isScheduled, string status)
    {
        // As if it were Los Angeles.
        var start = T.AddHours(10).ToUnixTimeSeconds();
        var update = Shown((Field.SoftwareUpdateInstallationPercentComplete, install), (Field.SoftwareUpdateDownloadPercentComplete, download),
            (Field.SoftwareUpdateVersion, offered), (Field.SoftwareUpdateScheduledStartTime, isScheduled ? TelemetryValue.Number.Of(start) : Invalid))
                .VehicleState!.SoftwareUpdate!;
        (update.Status, update.Version).ShouldBe((status, offered.Trim()));
    }

    [Fact]
    public void An_odometer_does_not_run_backwards_by_more_than_a_mile()
    {
        Then([(Field.Odometer, 100.0)], [(Field.Odometer, 99.0)]).VehicleState!.OdometerMiles.ShouldBe(99);
        Then([(Field.Odometer, 100.0)], [(Field.Odometer, 98.9)]).VehicleState!.OdometerMiles.ShouldBe(100);
    }

    /// <summary>One wrong word does not stop the odometer for good: what contradicts it is believed when it is said three times on end.</summary>
    [Theory]
    [InlineData(100.0, 100.1, 100.1)]
    [InlineData(100.0, 9_000_000.0, 100.0)]
    [InlineData(100.0, 9_000_000.0, 100.1, 100.1)]
    [InlineData(9_000_000.0, 100.0, 100.1, 9_000_000.0)]
    [InlineData(9_000_000.0, 100.0, 100.1, 100.2, 100.2)]
    [InlineData(9_000_000.0, 100.0, 5.0, 100.2, 9_000_000.0)]
    [InlineData(100.0, 9_000_000.0, 100.0, 9_000_000.0, 100.0, 9_000_000.0, 100.0)]
    public void A_wrong_word_does_not_stop_the_odometer(params double[] wordsAndLast)
    {
        var snapshot = new Snapshot();
        foreach (var (second, word) in wordsAndLast[..^1].Index())
            snapshot.Apply(ARecord((Field.Odometer, word)), T.AddSeconds(10 * second), T.AddSeconds(10 * second));

        Projection.Shown(snapshot, T.AddMinutes(2), TimeZoneInfo.Utc).VehicleState!.OdometerMiles.ShouldBe(wordsAndLast[^1]);
    }

    [Theory]
    [InlineData(60, 105.0, true)]
    [InlineData(60, 106.0, false)]
    [InlineData(3_600, 350.0, true)]
    public void An_odometer_runs_no_faster_than_a_car(int seconds, double miles, bool isBelieved)
    {
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord((Field.Odometer, 100.0)), T, T);
        snapshot.Apply(ARecord((Field.Odometer, miles)), T.AddSeconds(seconds), T.AddSeconds(seconds));

        Projection.Shown(snapshot, T.AddSeconds(seconds), TimeZoneInfo.Utc).VehicleState!.OdometerMiles.ShouldBe(isBelieved ? miles : 100.0);
    }

    /// <summary>A number of a flag, a flag of a place: nothing that a car says breaks the rest (spec fleet-telemetry 3.1).</summary>
    [Fact]
    public void Values_of_every_kind_in_every_field_break_nothing_and_write_a_snapshot_that_is_read_again()
    {
        object[] odd =
        [
            Invalid, TelemetryValue.Unknown.Instance, "", " ", "<invalid>", "SNA", "x\0y", "\\u0000", "\"", new string('x', 5_000), true, -1,
            int.MaxValue,
            1e300, double.NaN, double.NegativeInfinity, TelemetryValue.Number.Of(long.MinValue), Place(1, 2), Place(double.NaN, 1e9),
            new TelemetryValue.Doors(true, true, true, true, true, true), new TelemetryValue.Time(25, -1, 99),
            new TelemetryValue.Tires(true, true, true, true, 63),
            new TelemetryValue.Code(9, 5), new TelemetryValue.Code(32, 200), new TelemetryValue.Code(53, -1),
        ];
        var snapshot = new Snapshot();
        for (var field = 0; field < 280; field++)
        {
            foreach (var (value, i) in odd.Select((value, i) => (value, i)))
            {
                var record = ARecord(((Field)field, value));
                var at = T.AddSeconds((field * 100) + i);
                var changed = snapshot.Apply(record, at, at);
                _ = Projection.Of(snapshot, record, at, changed, isLate: i % 2 == 0, TimeZoneInfo.Utc);
                var shown = Projection.Shown(snapshot, at, TimeZoneInfo.Utc);
                SnapshotForm.TryRead(SnapshotForm.Write(snapshot.Save())).ShouldNotBeNull($"{(Field)field} {value}").Fields.Count
                    .ShouldBe(snapshot.Fields.Count);
                shown.State.ShouldBe("online");
            }
        }

        SnapshotForm.Write(snapshot.Save()).ShouldNotContain("x\\u0000y");
    }

    static VehicleData Shown(params ReadOnlySpan<(Field Field, object Value)> values)
    {
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord(values), T, T);
        return Projection.Shown(snapshot, T, TimeZoneInfo.Utc);
    }

    static VehicleData Then((Field Field, object Value)[] first, (Field Field, object Value)[] then)
    {
        var snapshot = new Snapshot();
        snapshot.Apply(ARecord(first), T, T);
        snapshot.Apply(ARecord(then), T.AddSeconds(1), T.AddSeconds(1));
        return Projection.Shown(snapshot, T.AddSeconds(1), TimeZoneInfo.Utc);
    }

    static TelemetryValue.Code Code(int kind, string word) => new(kind, CodeNames.NumberOf(kind, word) ?? throw new ArgumentException(word));
}
