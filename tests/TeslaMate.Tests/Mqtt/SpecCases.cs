using TeslaMate.Vehicles;

namespace TeslaMate.Tests.Mqtt;

/// <summary>
/// The specification's cases (spec mqtt 5 to 9 and 17.1): what a car says, and the whole of what the broker then gets. A line is a topic and its
/// payload: <c>=</c> for a retained message, <c>~</c> for a passing one.
/// </summary>
static class SpecCases
{
    /// <summary>
    /// Before the first value: the retained health of old versions is removed. Then what a car publishes that has said nothing yet.
    /// </summary>
    public static readonly string[] Silent = Lines("""
        state = unavailable
        healthy ~ true
        charge_energy_added =
        charger_actual_current =
        charger_phases =
        charger_power =
        charger_voltage =
        scheduled_charging_start_time =
        time_to_full_charge =
        shift_state =
        trim_badging =
        geofence =
        active_route_destination = nil
        active_route_latitude = nil
        active_route_longitude = nil
        active_route = {"error":"No active route available"}
        """);

    static readonly Summary Car = ASummary.Silent();

    static readonly Summary Full = Everything();

    public static readonly IReadOnlyList<Case> All =
    [
        new("nothing said", (Car, "")),
        new("unhealthy", (Car with { Healthy = false }, "healthy ~ false"), (Car with { Healthy = false }, "healthy ~ false"),
            (Car, "healthy ~ true")),
        new("numbers", (Car with
        {
            OdometerKm = 42000, Speed = 40, Power = -9, InsideTemp = 20, OutsideTemp = 15, Heading = 340, Elevation = 100,
        }, """
            odometer = 42000.0
            speed = 40
            power = -9
            inside_temp = 20.0
            outside_temp = 15.0
            heading = 340
            elevation = 100
            """)),
        new("more numbers", (Car with { BatteryLevel = 60, EstBatteryRangeKm = 220.05, ChargerPower = 50, TimeToFullCharge = 2.5 }, """
            battery_level = 60
            est_battery_range_km = 220.05
            charger_power = 50
            time_to_full_charge = 2.5
            """)),
        new("numbers that others print with an exponent", (Car with
        {
            OdometerKm = 1000, IdealBatteryRangeKm = 12300, EstBatteryRangeKm = 12340, RatedBatteryRangeKm = 100, TpmsPressureFl = 0.0001,
            TpmsPressureFr = 0.00001,
            TpmsPressureRl = 0, TpmsPressureRr = 1e16, InsideTemp = -0.5,
        }, """
            odometer = 1000.0
            ideal_battery_range_km = 12300.0
            est_battery_range_km = 12340.0
            rated_battery_range_km = 100.0
            tpms_pressure_fl = 0.0001
            tpms_pressure_fr = 0.00001
            tpms_pressure_rl = 0.0
            tpms_pressure_rr = 10000000000000000.0
            inside_temp = -0.5
            """)),
        new("words", (Car with
        {
            State = VehicleStateName.Online,
            Locked = true,
            SentryMode = false,
            DisplayName = "Größe \"1\" & 🚗",
            Car = ASummary.Known() with { Model = "S", TrimBadging = "P100D", SpoilerType = "None", WheelType = "AeroTurbine19",
                ExteriorColor = "DeepBlue" },
        }, """
            state = online
            locked = true
            sentry_mode = false
            display_name = Größe "1" & 🚗
            model = S
            trim_badging = P100D
            spoiler_type = None
            wheel_type = AeroTurbine19
            exterior_color = DeepBlue
            """)),
        new("place", (Car with { Latitude = 37.889602, Longitude = 41.129182, Geofence = new SummaryGeofence(1, "Home") }, """
            latitude = 37.889602
            longitude = 41.129182
            location = {"latitude":37.889602,"longitude":41.129182}
            geofence = Home
            """)),
        new("half a place", (Car with { Latitude = -0.000001 }, "latitude = -0.000001")),
        new("no update offered", (Car with { Version = "2019.42", UpdateAvailable = false, UpdateVersion = "2019.43" }, """
            version = 2019.42
            update_available = false
            update_version = 2019.43
            software_update = {"installed_version":"2019.42","latest_version":"2019.42"}
            """)),
        new("update offered, then installing, then installed",
            (Car with { Version = "2026.14.1", UpdateAvailable = true, UpdateVersion = "2026.20.1" }, """
            version = 2026.14.1
            update_available = true
            update_version = 2026.20.1
            software_update = {"installed_version":"2026.14.1","latest_version":"2026.20.1"}
            """),
            (Car with { State = VehicleStateName.Updating, Version = "2026.14.1", UpdateAvailable = true, UpdateVersion = "2026.20.1",
                DownloadPerc = 100, InstallPerc = 42 }, """
            healthy ~ true
            state = updating
            download_perc = 100
            install_perc = 42
            """),
            // What it does not say for a moment, it still knows.
            (Car with { Version = "2026.20.1" }, """
            healthy ~ true
            state = unavailable
            version = 2026.20.1
            software_update = {"installed_version":"2026.20.1","latest_version":"2026.20.1"}
            """)),
        new("update whose version is not known", (Car with { Version = "2026.14.1", UpdateAvailable = true }, """
            version = 2026.14.1
            update_available = true
            """)),
        new("route, then none",
            (Car with
            {
                ActiveRouteDestination = "Home", ActiveRouteEnergyAtArrival = 73, ActiveRouteMilesToArrival = 6.485299,
                ActiveRouteMinutesToArrival = 23.466667,
                ActiveRouteTrafficMinutesDelay = 0, ActiveRouteLatitude = 35.278131, ActiveRouteLongitude = 29.744801,
            }, """
            active_route_destination = Home
            active_route_latitude = 35.278131
            active_route_longitude = 29.744801
            active_route = {"destination":"Home","energy_at_arrival":73,"miles_to_arrival":6.485299,"minutes_to_arrival":23.466667,"traffic_minutes_delay":0.0,"location":{"latitude":35.278131,"longitude":29.744801},"error":null}
            """),
            (Car with { ActiveRouteDestination = "Work °" }, """
            healthy ~ true
            active_route_destination = Work °
            active_route = {"destination":"Work °","energy_at_arrival":null,"miles_to_arrival":null,"minutes_to_arrival":null,"traffic_minutes_delay":null,"location":{"latitude":null,"longitude":null},"error":null}
            """),
            (Car, """
            healthy ~ true
            active_route_destination = nil
            active_route_latitude = nil
            active_route_longitude = nil
            active_route = {"error":"No active route available"}
            """)),
        new("only changes",
            (Car with { Geofence = new SummaryGeofence(1, "Home"), Version = "1" }, "geofence = Home\nversion = 1"),
            (Car with { Geofence = new SummaryGeofence(2, "Home"), Version = "2" }, "healthy ~ true\nversion = 2"),
            (Car with { Geofence = new SummaryGeofence(3, "Work"), Version = "3" }, "healthy ~ true\ngeofence = Work\nversion = 3")),
        new("values that go and return",
            (Car with { Speed = 40, ChargerPower = 11, ShiftState = "D" }, "speed = 40\ncharger_power = 11\nshift_state = D"),
            (Car, "healthy ~ true\ncharger_power =\nshift_state ="),
            (Car with { Speed = 40, ChargerPower = 11, ShiftState = "P" }, "healthy ~ true\ncharger_power = 11\nshift_state = P")),
        new("every state",
            (Car with { State = VehicleStateName.Asleep }, "state = asleep"),
            (Car with { State = VehicleStateName.Offline }, "healthy ~ true\nstate = offline"),
            (Car with { State = VehicleStateName.Online }, "healthy ~ true\nstate = online"),
            (Car with { State = VehicleStateName.Driving }, "healthy ~ true\nstate = driving"),
            (Car with { State = VehicleStateName.Charging }, "healthy ~ true\nstate = charging"),
            (Car with { State = VehicleStateName.Suspended }, "healthy ~ true\nstate = suspended"),
            (Car with { State = VehicleStateName.Start }, "healthy ~ true\nstate = start")),
        new("times", (Car with
        {
            Since = new DateTimeOffset(2026, 3, 1, 9, 30, 0, 123, TimeSpan.FromHours(1)),
            ScheduledChargingStartTime = new DateTimeOffset(2026, 3, 1, 23, 0, 0, TimeSpan.FromHours(1)),
        }, """
            since = 2026-03-01T08:30:00.123000Z
            scheduled_charging_start_time = 2026-03-01T22:00:00Z
            """)),
        new("restart while asleep", (Car with
        {
            IsRestored = true, State = VehicleStateName.Asleep, DisplayName = "bar", Latitude = 37.889544, Longitude = 41.128817,
            OdometerKm = 91887.73,
            EstBatteryRangeKm = 315.06,
            RatedBatteryRangeKm = 268.07, BatteryLevel = 64, OutsideTemp = 16.5, InsideTemp = 20.1,
            Car = ASummary.Known() with { Model = "S", TrimBadging = "P100D" },
        }, """
            display_name = bar
            state = asleep
            latitude = 37.889544
            longitude = 41.128817
            location = {"latitude":37.889544,"longitude":41.128817}
            odometer = 91887.73
            est_battery_range_km = 315.06
            rated_battery_range_km = 268.07
            battery_level = 64
            outside_temp = 16.5
            inside_temp = 20.1
            model = S
            trim_badging = P100D
            charge_energy_added absent
            charger_actual_current absent
            charger_phases absent
            charger_power absent
            charger_voltage absent
            scheduled_charging_start_time absent
            time_to_full_charge absent
            shift_state absent
            """)),
        new("everything", (Full, """
            display_name = Foo
            state = charging
            since = 2026-03-01T08:30:00.000000Z
            latitude = 52.5
            longitude = 13.25
            location = {"latitude":52.5,"longitude":13.25}
            heading = 0
            speed = 0
            power = -11
            shift_state = P
            elevation = -3
            battery_level = 70
            usable_battery_level = 69
            charging_state = Charging
            ideal_battery_range_km = 400.01
            est_battery_range_km = 300.02
            rated_battery_range_km = 350.03
            charge_energy_added = 5.41
            charge_limit_soc = 90
            charge_port_door_open = true
            charge_current_request = 16
            charge_current_request_max = 32
            charger_actual_current = 15
            charger_phases = 2
            charger_power = 11
            charger_voltage = 230
            plugged_in = true
            scheduled_charging_start_time = 2026-03-01T22:00:00Z
            time_to_full_charge = 1.83
            outside_temp = -0.5
            inside_temp = 21.4
            is_climate_on = true
            is_preconditioning = false
            climate_keeper_mode = dog
            locked = false
            sentry_mode = true
            service_mode = false
            is_user_present = true
            odometer = 123456.78
            windows_open = true
            driver_front_window_open = true
            driver_rear_window_open = false
            passenger_front_window_open = false
            passenger_rear_window_open = true
            doors_open = true
            driver_front_door_open = false
            driver_rear_door_open = true
            passenger_front_door_open = true
            passenger_rear_door_open = false
            trunk_open = true
            frunk_open = false
            sun_roof_installed = true
            sun_roof_state = vent
            sun_roof_percent_open = 15
            version = 2026.14.1
            update_available = true
            update_version = 2026.20.1
            software_update = {"installed_version":"2026.14.1","latest_version":"2026.20.1"}
            download_perc = 99
            install_perc = 1
            center_display_state = 7
            tpms_pressure_fl = 2.9
            tpms_pressure_fr = 2.875
            tpms_pressure_rl = 3.0
            tpms_pressure_rr = 3.1
            tpms_soft_warning_fl = true
            tpms_soft_warning_fr = false
            tpms_soft_warning_rl = false
            tpms_soft_warning_rr = true
            model = Y
            trim_badging = 74D
            exterior_color = MidnightSilver
            wheel_type = Apollo19
            spoiler_type = CarbonFiber
            geofence = Home
            active_route_destination = Home
            active_route_latitude = 52.4
            active_route_longitude = 13.2
            active_route = {"destination":"Home","energy_at_arrival":40,"miles_to_arrival":10.0,"minutes_to_arrival":20.5,"traffic_minutes_delay":1.0,"location":{"latitude":52.4,"longitude":13.2},"error":null}
            """)),
    ];

    static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    static Summary Everything() => Car with
    {
        State = VehicleStateName.Charging,
        DisplayName = "Foo",
        Since = new DateTimeOffset(2026, 3, 1, 8, 30, 0, TimeSpan.Zero),
        Car = ASummary.Known() with
        {
            Model = "Y",
            TrimBadging = "74D",
            ExteriorColor = "MidnightSilver",
            WheelType = "Apollo19",
            SpoilerType = "CarbonFiber"
        },
        Latitude = 52.5,
        Longitude = 13.25,
        Heading = 0,
        Speed = 0,
        Power = -11,
        ShiftState = "P",
        Elevation = -3,
        BatteryLevel = 70,
        UsableBatteryLevel = 69,
        ChargingState = "Charging",
        IdealBatteryRangeKm = 400.01,
        EstBatteryRangeKm = 300.02,
        RatedBatteryRangeKm = 350.03,
        ChargeEnergyAdded = 5.41,
        ChargeLimitSoc = 90,
        ChargePortDoorOpen = true,
        ChargeCurrentRequest = 16,
        ChargeCurrentRequestMax = 32,
        ChargerActualCurrent = 15,
        ChargerPhases = 2,
        ChargerPower = 11,
        ChargerVoltage = 230,
        PluggedIn = true,
        ScheduledChargingStartTime = new DateTimeOffset(2026, 3, 1, 22, 0, 0, TimeSpan.Zero),
        TimeToFullCharge = 1.83,
        OutsideTemp = -0.5,
        InsideTemp = 21.4,
        IsClimateOn = true,
        IsPreconditioning = false,
        ClimateKeeperMode = "dog",
        Locked = false,
        SentryMode = true,
        ServiceMode = false,
        IsUserPresent = true,
        OdometerKm = 123456.78,
        WindowsOpen = true,
        DriverFrontWindowOpen = true,
        DriverRearWindowOpen = false,
        PassengerFrontWindowOpen = false,
        PassengerRearWindowOpen = true,
        DoorsOpen = true,
        DriverFrontDoorOpen = false,
        DriverRearDoorOpen = true,
        PassengerFrontDoorOpen = true,
        PassengerRearDoorOpen = false,
        TrunkOpen = true,
        FrunkOpen = false,
        SunRoofInstalled = true,
        SunRoofState = "vent",
        SunRoofPercentOpen = 15,
        Version = "2026.14.1",
        UpdateAvailable = true,
        UpdateVersion = "2026.20.1",
        DownloadPerc = 99,
        InstallPerc = 1,
        CenterDisplayState = 7,
        TpmsPressureFl = 2.9,
        TpmsPressureFr = 2.875,
        TpmsPressureRl = 3,
        TpmsPressureRr = 3.1,
        TpmsSoftWarningFl = true,
        TpmsSoftWarningFr = false,
        TpmsSoftWarningRl = false,
        TpmsSoftWarningRr = true,
        Geofence = new SummaryGeofence(1, "Home"),
        ActiveRouteDestination = "Home",
        ActiveRouteLatitude = 52.4,
        ActiveRouteLongitude = 13.2,
        ActiveRouteEnergyAtArrival = 40,
        ActiveRouteMilesToArrival = 10,
        ActiveRouteMinutesToArrival = 20.5,
        ActiveRouteTrafficMinutesDelay = 1,
    };

    /// <param name="Steps">Summaries one after another. The first one's lines replace those of <see cref="Silent"/> on their topics, the others' are
    /// all there is.</param>
    public sealed record Case(string Name, params (Summary Summary, string Published)[] Steps)
    {
        public IEnumerable<string> Expected(int step)
        {
            if (step >= Steps.Length)
                return [];
            var lines = Lines(Steps[step].Published);
            if (step > 0)
                return lines;
            var mentioned = lines.Select(line => line.Split(' ')[0]).ToHashSet();
            return [.. Silent.Where(line => !mentioned.Contains(line.Split(' ')[0])),
                .. lines.Where(line => !line.EndsWith(" absent", StringComparison.Ordinal))];
        }
    }
}
