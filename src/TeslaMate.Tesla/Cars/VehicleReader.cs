using System.Text.Json;
using TeslaMate.Tesla.Json;

namespace TeslaMate.Tesla.Cars;

/// <summary>
/// Reads the objects of spec tesla-api 9. The ranges are what a car can be in and what the columns hold, generously: they keep out broken values, not
/// unusual ones.
/// </summary>
sealed class VehicleReader(Oddities oddities)
{
    const int LargestMiles = 6_000; // ten thousand km, the limit of the range columns
    const int LargestCounter = 32_767; // smallint

    /// <summary>A vehicle; null stands for one that says nothing.</summary>
    /// <exception cref="FormatException">It is neither an object nor null.</exception>
    public VehicleData Vehicle(JsonElement element)
        => element.ValueKind switch
        {
            JsonValueKind.Null => new VehicleData(),
            JsonValueKind.Object => Vehicle(new Fields(element, "vehicle", oddities)),
            var kind => throw new FormatException($"A vehicle is an object, not {kind}."),
        };

    /// <summary>The cars of the product list; energy sites have no <c>vehicle_id</c>.</summary>
    /// <exception cref="FormatException">It is no array.</exception>
    public IReadOnlyList<VehicleListing> Listing(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
            throw new FormatException($"The product list is an array, not {element.ValueKind}.");
        var cars = new List<VehicleListing>();
        foreach (var product in element.EnumerateArray())
        {
            if (product.ValueKind != JsonValueKind.Object || !product.TryGetProperty("vehicle_id", out _))
                continue;
            var fields = new Fields(product, "product", oddities);
            if (Vehicle(fields) is { Id: { } id, VehicleId: { } vehicleId, Vin: { Length: > 0 } vin } data)
                cars.Add(new VehicleListing(id, vehicleId, vin, data));
            else
                fields.Report("id, vehicle_id, vin", "a car without all three cannot be logged");
        }

        return cars;
    }

    static VehicleData Vehicle(Fields fields) => new()
    {
        Id = fields.Identity("id") is { } id ? new Eid(id) : null,
        VehicleId = fields.Identity("vehicle_id") is { } vehicleId ? new Vid(vehicleId) : null,
        Vin = fields.Text("vin"),
        State = fields.Text("state") ?? "unknown",
        DisplayName = fields.Text("display_name"),
        InService = fields.Flag("in_service"),
        DriveState = fields.Section("drive_state") is { } drive ? Drive(drive) : null,
        ChargeState = fields.Section("charge_state") is { } charge ? Charge(charge) : null,
        ClimateState = fields.Section("climate_state") is { } climate ? Climate(climate) : null,
        VehicleState = fields.Section("vehicle_state") is { } state ? State(state) : null,
        VehicleConfig = fields.Section("vehicle_config") is { } config ? Config(config) : null,
    };

    static DriveState Drive(Fields fields) => new()
    {
        Timestamp = fields.Milliseconds("timestamp"),
        Latitude = fields.Number("latitude", -90, 90),
        Longitude = fields.Number("longitude", -180, 180),
        Heading = fields.Whole("heading", 0, 360),
        Speed = fields.Whole("speed", -300, 300),
        Power = fields.Whole("power", -3_000, 3_000),
        ShiftState = fields.Text("shift_state") is { } shift ? Gear(shift) : null,
        ActiveRouteDestination = fields.Text("active_route_destination"),
        ActiveRouteLatitude = fields.Number("active_route_latitude", -90, 90),
        ActiveRouteLongitude = fields.Number("active_route_longitude", -180, 180),
        ActiveRouteEnergyAtArrival = fields.Whole("active_route_energy_at_arrival", -1_000, 100),
        ActiveRouteMilesToArrival = fields.AsWritten("active_route_miles_to_arrival", 0, 25_000),
        ActiveRouteMinutesToArrival = fields.AsWritten("active_route_minutes_to_arrival", 0, 100_000),
        ActiveRouteTrafficMinutesDelay = fields.AsWritten("active_route_traffic_minutes_delay", -100_000, 100_000),
    };

    internal static ShiftState Gear(string text) => text switch
    {
        "P" => ShiftState.P,
        "D" => ShiftState.D,
        "R" => ShiftState.R,
        "N" => ShiftState.N,
        _ => ShiftState.Other,
    };

    static ChargeState Charge(Fields fields) => new()
    {
        Timestamp = fields.Milliseconds("timestamp"),
        BatteryLevel = fields.Whole("battery_level", 0, 100),
        UsableBatteryLevel = fields.Whole("usable_battery_level", 0, 100),
        BatteryRange = fields.Number("battery_range", -100, LargestMiles),
        IdealBatteryRange = fields.Number("ideal_battery_range", -100, LargestMiles),
        EstBatteryRange = fields.Number("est_battery_range", -100, LargestMiles),
        ChargingState = fields.Text("charging_state"),
        ChargeEnergyAdded = fields.AsWritten("charge_energy_added", 0, 5_000),
        ChargerPower = fields.Whole("charger_power", -3_000, 3_000),
        ChargerVoltage = fields.Whole("charger_voltage", -2_000, 2_000),
        ChargerActualCurrent = fields.Whole("charger_actual_current", -3_000, 3_000),
        ChargerPilotCurrent = fields.Whole("charger_pilot_current", -3_000, 3_000),
        ChargerPhases = fields.Whole("charger_phases", -10, 10),
        ChargeCurrentRequest = fields.Whole("charge_current_request", -3_000, 3_000),
        ChargeCurrentRequestMax = fields.Whole("charge_current_request_max", -3_000, 3_000),
        ChargeLimitSoc = fields.Whole("charge_limit_soc", 0, 100),
        ChargePortDoorOpen = fields.Flag("charge_port_door_open"),
        TimeToFullCharge = fields.AsWritten("time_to_full_charge", 0, 10_000),
        ScheduledChargingStartTime = fields.Seconds("scheduled_charging_start_time"),
        ConnChargeCable = fields.Text("conn_charge_cable"),
        FastChargerPresent = fields.Flag("fast_charger_present"),
        FastChargerBrand = fields.Text("fast_charger_brand"),
        FastChargerType = fields.Text("fast_charger_type"),
        BatteryHeaterOn = fields.Flag("battery_heater_on"),
        NotEnoughPowerToHeat = fields.Flag("not_enough_power_to_heat"),
    };

    static ClimateState Climate(Fields fields) => new()
    {
        Timestamp = fields.Milliseconds("timestamp"),
        InsideTemp = fields.AsWritten("inside_temp", -100, 150),
        OutsideTemp = fields.AsWritten("outside_temp", -100, 150),
        DriverTempSetting = fields.Number("driver_temp_setting", -100, 150),
        PassengerTempSetting = fields.Number("passenger_temp_setting", -100, 150),
        FanStatus = fields.Whole("fan_status", 0, LargestCounter),
        IsClimateOn = fields.Flag("is_climate_on"),
        IsPreconditioning = fields.Flag("is_preconditioning"),
        ClimateKeeperMode = fields.Text("climate_keeper_mode"),
        IsFrontDefrosterOn = fields.Flag("is_front_defroster_on"),
        IsRearDefrosterOn = fields.Flag("is_rear_defroster_on"),
        BatteryHeater = fields.Flag("battery_heater"),
        BatteryHeaterNoPower = fields.Flag("battery_heater_no_power"),
    };

    static VehicleState State(Fields fields) => new()
    {
        Timestamp = fields.Milliseconds("timestamp"),
        VehicleName = fields.Text("vehicle_name"),
        CarVersion = fields.Text("car_version"),
        OdometerMiles = fields.Number("odometer", 0, 10_000_000),
        Locked = fields.Flag("locked"),
        SentryMode = fields.Flag("sentry_mode"),
        IsUserPresent = fields.Flag("is_user_present"),
        ServiceMode = fields.Flag("service_mode"),
        Df = Opening(fields, "df"),
        Pf = Opening(fields, "pf"),
        Dr = Opening(fields, "dr"),
        Pr = Opening(fields, "pr"),
        Ft = Opening(fields, "ft"),
        Rt = Opening(fields, "rt"),
        FdWindow = Opening(fields, "fd_window"),
        FpWindow = Opening(fields, "fp_window"),
        RdWindow = Opening(fields, "rd_window"),
        RpWindow = Opening(fields, "rp_window"),
        CenterDisplayState = Opening(fields, "center_display_state"),
        SunRoofState = fields.Text("sun_roof_state"),
        SunRoofPercentOpen = fields.Whole("sun_roof_percent_open", 0, 100),
        TpmsPressureFl = Pressure(fields, "tpms_pressure_fl"),
        TpmsPressureFr = Pressure(fields, "tpms_pressure_fr"),
        TpmsPressureRl = Pressure(fields, "tpms_pressure_rl"),
        TpmsPressureRr = Pressure(fields, "tpms_pressure_rr"),
        TpmsSoftWarningFl = fields.Flag("tpms_soft_warning_fl"),
        TpmsSoftWarningFr = fields.Flag("tpms_soft_warning_fr"),
        TpmsSoftWarningRl = fields.Flag("tpms_soft_warning_rl"),
        TpmsSoftWarningRr = fields.Flag("tpms_soft_warning_rr"),
        SoftwareUpdate = fields.Section("software_update") is { } update ? Update(update) : null,
    };

    static int? Opening(Fields fields, string name) => fields.Whole(name, -LargestCounter, LargestCounter);

    static ApiNumber? Pressure(Fields fields, string name) => fields.AsWritten(name, 0, 20);

    static SoftwareUpdate Update(Fields fields) => new()
    {
        Status = fields.Text("status"),
        Version = fields.Text("version"),
        DownloadPerc = fields.Whole("download_perc", 0, 100),
        InstallPerc = fields.Whole("install_perc", 0, 100),
    };

    static VehicleConfig Config(Fields fields) => new()
    {
        CarType = fields.Text("car_type"),
        TrimBadging = fields.Text("trim_badging"),
        ExteriorColor = fields.Text("exterior_color"),
        SpoilerType = fields.Text("spoiler_type"),
        WheelType = fields.Text("wheel_type"),
        SunRoofInstalled = fields.Whole("sun_roof_installed", -LargestCounter, LargestCounter),
    };
}
