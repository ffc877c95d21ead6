using TeslaMate.Mqtt.Events;

namespace TeslaMate.Mqtt.Discovery;

/// <summary>Home Assistant's platforms.</summary>
enum Platform
{
    Sensor,
    BinarySensor,
    Update,
    DeviceTracker,

    /// <summary>Something that happens, rather than something that is.</summary>
    Event,
}

/// <summary>One entity of a car in Home Assistant (spec mqtt 12 and 13).</summary>
/// <param name="Id">The component's id within the device.</param>
/// <param name="Name">Null for the entity that stands for the car itself.</param>
sealed record Component(Platform Platform, string Id, string? Name)
{
    /// <summary>The value's topic below the car's.</summary>
    public string Topic { get; init; } = Id;

    /// <summary>What the entity's id is made of.</summary>
    public string Key { get; init; } = Id;

    /// <summary>Without its <c>mdi:</c>.</summary>
    public string? Icon { get; init; }

    public string? DeviceClass { get; init; }

    public string? StateClass { get; init; }

    public string? Unit { get; init; }

    public int? Precision { get; init; }

    public string? Template { get; init; }

    public string? AttributesTemplate { get; init; }

    /// <summary>What can happen, for an entity of events.</summary>
    public IReadOnlyList<string>? EventTypes { get; init; }

    public string? On { get; init; }

    public string? Off { get; init; }

    /// <summary>Available only while the car follows a route.</summary>
    public bool NeedsRoute { get; init; }

    public bool IsDiagnostic { get; init; }

    /// <summary>Disabled until the user enables it.</summary>
    public bool IsOff { get; init; }

    /// <summary>Older versions announced it on a topic of its own.</summary>
    public bool HadTopicOfItsOwn { get; init; }

    public string PlatformName => Platform switch
    {
        Platform.Sensor => "sensor",
        Platform.BinarySensor => "binary_sensor",
        Platform.Update => "update",
        Platform.DeviceTracker => "device_tracker",
        Platform.Event => "event",
        _ => throw new System.Diagnostics.UnreachableException($"no name for {Platform}"),
    };
}

/// <summary>All entities of a car, in the specification's order.</summary>
static class Components
{
    public static readonly IReadOnlyList<Component> All =
    [
        new(Platform.Sensor, "display_name", "Display Name") { Icon = "form-textbox", IsDiagnostic = true, IsOff = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "latitude", "Latitude") { Icon = "latitude", StateClass = "measurement", Unit = "°", IsOff = true },
        new(Platform.Sensor, "raw_location", "Location") { Topic = "location", Key = "location", Icon = "car", IsOff = true },
        new(Platform.Sensor, "longitude", "Longitude") { Icon = "longitude", StateClass = "measurement", Unit = "°", IsOff = true },
        new(Platform.Sensor, "state", "State") { Icon = "car-connected", Template = Templates.Title, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "charging_state", "Charging State") { Icon = "ev-station", Template = Templates.Words, HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "charging", "Charging") { Topic = "charging_state", Key = "charging_state", Icon = "battery-charging",
            DeviceClass = "battery_charging", Template = Templates.IsCharging, On = "true", Off = "false" },
        new(Platform.Sensor, "climate_keeper_mode", "Climate Keeper") { Icon = "air-conditioner", Template = Templates.Title },
        new(Platform.Sensor, "center_display_state", "Center Display") { Icon = "television", Template = Templates.CenterDisplay },
        new(Platform.Sensor, "since", "Last Seen") { Icon = "timer-sand", DeviceClass = "timestamp", HadTopicOfItsOwn = true },
        new(Platform.Sensor, "version", "Version") { Icon = "numeric", IsDiagnostic = true, IsOff = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "update_available", "Update Available") { IsDiagnostic = true, IsOff = true },
        new(Platform.Sensor, "update_version", "Update Version") { Icon = "numeric", IsDiagnostic = true, IsOff = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "model", "Model") { Icon = "form-textbox", IsDiagnostic = true, IsOff = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "trim_badging", "Trim Badging") { Icon = "shield-star-outline", IsDiagnostic = true, IsOff = true,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "exterior_color", "Exterior Color") { Icon = "palette", Template = Templates.Words, IsDiagnostic = true, IsOff = true,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "wheel_type", "Wheel Type") { Icon = "tire", IsDiagnostic = true, IsOff = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "spoiler_type", "Spoiler Type") { Icon = "car-sports", IsDiagnostic = true, IsOff = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "geofence", "Geofence") { Icon = "earth", HadTopicOfItsOwn = true },
        new(Platform.Sensor, "shift_state", "Shift State") { Icon = "car-shift-pattern", HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "park_brake", "Parking Brake") { Topic = "shift_state", Icon = "car-brake-parking",
            Template = Templates.ParkingBrake, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "power", "Power") { DeviceClass = "power", StateClass = "measurement", Unit = "kW", Precision = 0,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "speed", "Speed") { Icon = "speedometer", DeviceClass = "speed", StateClass = "measurement", Unit = "km/h",
            Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "heading", "Heading") { Icon = "compass", StateClass = "measurement_angle", Unit = "°", Precision = 0,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "elevation", "Elevation") { Icon = "image-filter-hdr", DeviceClass = "distance", StateClass = "measurement", Unit = "m",
            Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "inside_temp", "Temperature (Inside)") { Icon = "thermometer-lines", DeviceClass = "temperature",
            StateClass = "measurement", Unit = "°C", Precision = 1, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "outside_temp", "Temperature (Outside)") { Icon = "thermometer-lines", DeviceClass = "temperature",
            StateClass = "measurement", Unit = "°C", Precision = 1, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "odometer", "Odometer") { Icon = "counter", DeviceClass = "distance", StateClass = "total_increasing", Unit = "km",
            Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "est_battery_range", "Range (Estimated)") { Topic = "est_battery_range_km", Icon = "map-marker-distance",
            DeviceClass = "distance", StateClass = "measurement", Unit = "km", Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "rated_battery_range", "Range (Rated)") { Topic = "rated_battery_range_km", Icon = "map-marker-distance",
            DeviceClass = "distance", StateClass = "measurement", Unit = "km", Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "ideal_battery_range", "Range (Ideal)") { Topic = "ideal_battery_range_km", Icon = "map-marker-distance",
            DeviceClass = "distance", StateClass = "measurement", Unit = "km", Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "battery_level", "Battery") { DeviceClass = "battery", StateClass = "measurement", Unit = "%", HadTopicOfItsOwn = true },
        new(Platform.Sensor, "usable_battery_level", "Usable Battery") { DeviceClass = "battery", StateClass = "measurement", Unit = "%",
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "charge_energy_added", "Energy Added") { Icon = "battery-charging", DeviceClass = "energy",
            StateClass = "total_increasing", Unit = "kWh", Precision = 1, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "charge_limit_soc", "Charge Limit") { Icon = "battery-charging-90", StateClass = "measurement", Unit = "%",
            Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "charger_actual_current", "Charger Current") { DeviceClass = "current", StateClass = "measurement", Unit = "A",
            Precision = 0, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "charge_current_request", "Charge Current Request") { DeviceClass = "current", StateClass = "measurement", Unit = "A",
            Precision = 0 },
        new(Platform.Sensor, "charge_current_request_max", "Charge Current Request (Max)") { DeviceClass = "current", StateClass = "measurement",
            Unit = "A", Precision = 0 },
        new(Platform.Sensor, "charger_phases", "Charger Phases") { Icon = "sine-wave", StateClass = "measurement", Unit = "phases", Precision = 0,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "charger_power", "Charger Power") { DeviceClass = "power", StateClass = "measurement", Unit = "kW", Precision = 0,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "charger_voltage", "Charger Voltage") { DeviceClass = "voltage", StateClass = "measurement", Unit = "V", Precision = 0,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "scheduled_charging_start_time", "Charging Start Time") { DeviceClass = "timestamp", HadTopicOfItsOwn = true },
        new(Platform.Sensor, "time_to_full_charge", "Charging Time Remaining") { Icon = "timer", DeviceClass = "duration", StateClass = "measurement",
            Unit = "h", HadTopicOfItsOwn = true },
        new(Platform.Sensor, "download_perc", "Software Update Download") { Icon = "download", StateClass = "measurement", Unit = "%", Precision = 0,
            IsDiagnostic = true, IsOff = true },
        new(Platform.Sensor, "install_perc", "Software Update Installation") { Icon = "update", StateClass = "measurement", Unit = "%", Precision = 0,
            IsDiagnostic = true, IsOff = true },
        new(Platform.Update, "update", "Update") { Topic = "software_update", DeviceClass = "firmware", IsDiagnostic = true },
        new(Platform.Sensor, "sun_roof_state", "Sunroof State") { Icon = "car-convertible", Template = Templates.UnderscoredWords },
        new(Platform.Sensor, "sun_roof_percent_open", "Sunroof Open") { Icon = "car-convertible", StateClass = "measurement", Unit = "%",
            Precision = 0 },
        new(Platform.Sensor, "tpms_pressure_fl", "Tire Pressure (Front Left)") { Icon = "gauge", DeviceClass = "pressure", StateClass = "measurement",
            Unit = "bar", Precision = 1, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "tpms_pressure_fr", "Tire Pressure (Front Right)") { Icon = "gauge", DeviceClass = "pressure",
            StateClass = "measurement", Unit = "bar", Precision = 1, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "tpms_pressure_rl", "Tire Pressure (Rear Left)") { Icon = "gauge", DeviceClass = "pressure", StateClass = "measurement",
            Unit = "bar", Precision = 1, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "tpms_pressure_rr", "Tire Pressure (Rear Right)") { Icon = "gauge", DeviceClass = "pressure", StateClass = "measurement",
            Unit = "bar", Precision = 1, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "active_route_destination", "Active Route Destination") { Topic = "active_route", Icon = "map-marker",
            Template = Templates.Route("destination"), NeedsRoute = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "active_route_energy_at_arrival", "Active Route Energy At Arrival") { Topic = "active_route", Icon = "battery-80",
            DeviceClass = "battery", Unit = "%", Template = Templates.Route("energy_at_arrival"), NeedsRoute = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "active_route_distance_to_arrival", "Active Route Distance To Arrival") { Topic = "active_route",
            Icon = "map-marker-distance", DeviceClass = "distance", Unit = "mi", Template = Templates.Route("miles_to_arrival"), NeedsRoute = true,
            HadTopicOfItsOwn = true },
        new(Platform.Sensor, "active_route_minutes_to_arrival", "Active Route Minutes To Arrival") { Topic = "active_route", Icon = "clock-outline",
            DeviceClass = "duration", Unit = "min", Template = Templates.Route("minutes_to_arrival"), NeedsRoute = true, HadTopicOfItsOwn = true },
        new(Platform.Sensor, "active_route_traffic_minutes_delay", "Active Route Traffic Minutes Delay") { Topic = "active_route",
            Icon = "clock-alert-outline", DeviceClass = "duration", Unit = "min", Template = Templates.Route("traffic_minutes_delay"),
            NeedsRoute = true, HadTopicOfItsOwn = true },
        new(Platform.DeviceTracker, "location", null) { Icon = "crosshairs-gps", HadTopicOfItsOwn = true },
        new(Platform.DeviceTracker, "active_route_location", "Active Route Location") { Topic = "active_route", Icon = "crosshairs-gps",
            AttributesTemplate = Templates.RouteLocation, NeedsRoute = true, HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "healthy", "Health") { Icon = "heart-pulse", DeviceClass = "problem", On = "false", Off = "true",
            IsDiagnostic = true, HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "sun_roof_installed", "Sunroof Installed") { Icon = "car-convertible", On = "true", Off = "false",
            IsDiagnostic = true, IsOff = true },
        new(Platform.BinarySensor, "service_mode", "Service Mode") { Icon = "wrench", DeviceClass = "running", On = "true", Off = "false" },
        new(Platform.BinarySensor, "tpms_soft_warning_fl", "Tire Soft (Front Left)") { Icon = "car-tire-alert", DeviceClass = "problem", On = "true",
            Off = "false", IsDiagnostic = true },
        new(Platform.BinarySensor, "tpms_soft_warning_fr", "Tire Soft (Front Right)") { Icon = "car-tire-alert", DeviceClass = "problem", On = "true",
            Off = "false", IsDiagnostic = true },
        new(Platform.BinarySensor, "tpms_soft_warning_rl", "Tire Soft (Rear Left)") { Icon = "car-tire-alert", DeviceClass = "problem", On = "true",
            Off = "false", IsDiagnostic = true },
        new(Platform.BinarySensor, "tpms_soft_warning_rr", "Tire Soft (Rear Right)") { Icon = "car-tire-alert", DeviceClass = "problem", On = "true",
            Off = "false", IsDiagnostic = true },
        new(Platform.BinarySensor, "sentry_mode", "Sentry Mode") { Icon = "cctv", DeviceClass = "running", On = "true", Off = "false",
            HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "windows_open", "Windows") { Icon = "car-door", DeviceClass = "window", On = "true", Off = "false",
            HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "driver_front_window_open", "Window (Driver Front)") { Icon = "car-door", DeviceClass = "window", On = "true",
            Off = "false" },
        new(Platform.BinarySensor, "driver_rear_window_open", "Window (Driver Rear)") { Icon = "car-door", DeviceClass = "window", On = "true",
            Off = "false" },
        new(Platform.BinarySensor, "passenger_front_window_open", "Window (Passenger Front)") { Icon = "car-door", DeviceClass = "window",
            On = "true", Off = "false" },
        new(Platform.BinarySensor, "passenger_rear_window_open", "Window (Passenger Rear)") { Icon = "car-door", DeviceClass = "window", On = "true",
            Off = "false" },
        new(Platform.BinarySensor, "doors_open", "Doors") { Icon = "car-door", DeviceClass = "door", On = "true", Off = "false",
            HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "driver_front_door_open", "Door (Driver Front)") { Icon = "car-door", DeviceClass = "door", On = "true",
            Off = "false" },
        new(Platform.BinarySensor, "driver_rear_door_open", "Door (Driver Rear)") { Icon = "car-door", DeviceClass = "door", On = "true",
            Off = "false" },
        new(Platform.BinarySensor, "passenger_front_door_open", "Door (Passenger Front)") { Icon = "car-door", DeviceClass = "door", On = "true",
            Off = "false" },
        new(Platform.BinarySensor, "passenger_rear_door_open", "Door (Passenger Rear)") { Icon = "car-door", DeviceClass = "door", On = "true",
            Off = "false" },
        new(Platform.BinarySensor, "trunk_open", "Trunk") { Icon = "car", DeviceClass = "door", On = "true", Off = "false", HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "frunk_open", "Frunk") { Icon = "car", DeviceClass = "door", On = "true", Off = "false", HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "is_user_present", "User") { Icon = "human-greeting", DeviceClass = "presence", On = "true", Off = "false",
            HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "is_climate_on", "Climate") { Icon = "air-conditioner", DeviceClass = "running", On = "true", Off = "false",
            HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "is_preconditioning", "Preconditioning") { Icon = "air-conditioner", DeviceClass = "running", On = "true",
            Off = "false", HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "plugged_in", "Plug") { Icon = "ev-station", DeviceClass = "plug", On = "true", Off = "false",
            HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "charge_port_door_open", "Charge Port") { Icon = "ev-plug-tesla", DeviceClass = "opening", On = "true",
            Off = "false", HadTopicOfItsOwn = true },
        new(Platform.BinarySensor, "locked", "Lock") { DeviceClass = "lock", On = "false", Off = "true", HadTopicOfItsOwn = true },
        // Ours, behind the specification's.
        new(Platform.Event, "event", "Event") { Icon = "bell", EventTypes = EventTopic.Types },
    ];
}
