using System.Text.Json;
using TeslaMate.Simulator.Lives;

namespace TeslaMate.Simulator.Cloud;

/// <summary>Writes a car in the shape of Tesla's answers.</summary>
static class VehicleJson
{
    /// <summary>The vehicle without its sections, as in the list of products and in light answers.</summary>
    public static void WriteLight(Utf8JsonWriter json, CarIdentity car, Moment moment)
    {
        json.WriteStartObject();
        WriteHead(json, car, moment);
        json.WriteString("display_name", car.Name);
        json.WriteString("command_signing", "off");
        json.WriteEndObject();
    }

    /// <summary>The vehicle with all its sections; <paramref name="withGaps"/> leaves some out.</summary>
    public static void WriteFull(Utf8JsonWriter json, CarIdentity car, CarModel model, Moment moment, bool withLocation, bool withGaps)
    {
        var now = moment.At.ToUnixTimeMilliseconds();
        json.WriteStartObject();
        WriteHead(json, car, moment);
        WriteCharge(json, model, moment, now, withGaps);
        WriteClimate(json, moment, now);
        if (!withGaps)
            WriteDrive(json, moment, now, withLocation);
        WriteGui(json, now);
        WriteConfig(json, model, now);
        if (withGaps)
            json.WriteNull("vehicle_state");
        else
            WriteState(json, car, moment, now);
        json.WriteEndObject();
    }

    static void WriteHead(Utf8JsonWriter json, CarIdentity car, Moment moment)
    {
        json.WriteNumber("id", car.Id);
        json.WriteNumber("user_id", 900001);
        json.WriteNumber("vehicle_id", car.VehicleId);
        json.WriteString("vin", car.Vin);
        json.WriteNull("color");
        json.WriteString("access_type", "OWNER");
        json.WriteNull("option_codes");
        json.WriteStartObject("granular_access");
        json.WriteBoolean("hide_private", false);
        json.WriteEndObject();
        json.WriteStartArray("tokens");
        json.WriteStringValue("aaaaaaaaaaaaaaaa");
        json.WriteStringValue("bbbbbbbbbbbbbbbb");
        json.WriteEndArray();
        json.WriteString("state", moment.Reach switch { Reach.Asleep => "asleep", Reach.Offline => "offline", _ => "online" });
        json.WriteBoolean("in_service", moment.Reach == Reach.InService);
        json.WriteString("id_s", car.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        json.WriteBoolean("calendar_enabled", true);
        json.WriteNumber("api_version", 84);
        json.WriteNull("backseat_token");
        json.WriteNull("backseat_token_updated_at");
    }

    static void WriteCharge(Utf8JsonWriter json, CarModel model, Moment moment, long now, bool withGaps)
    {
        var drawing = moment.ChargingState is "Charging";
        var alternating = moment.Charger as Charger.Alternating;
        var direct = moment.Charger as Charger.Direct;
        var volts = alternating is not null ? alternating.Volts + (int)(now / 60_000 % 3) : direct is not null ? 380 : 0;
        json.WriteStartObject("charge_state");
        json.WriteBoolean("battery_heater_on", false);
        json.WriteNumber("battery_level", moment.Level);
        json.WriteNumber("battery_range", moment.RatedMi);
        json.WriteNumber("charge_amps", alternating?.Amps ?? 16);
        json.WriteNumber("charge_current_request", alternating?.Amps ?? 16);
        json.WriteNumber("charge_current_request_max", alternating?.Amps ?? 16);
        json.WriteBoolean("charge_enable_request", true);
        json.WriteNumber("charge_energy_added", Math.Round(moment.AddedKwh, 2));
        json.WriteNumber("charge_limit_soc", moment.LimitPercent);
        json.WriteNumber("charge_limit_soc_max", 100);
        json.WriteNumber("charge_limit_soc_min", 50);
        json.WriteNumber("charge_limit_soc_std", 90);
        json.WriteNumber("charge_miles_added_ideal", Math.Round(moment.AddedKwh / model.KwhPerKm * 0.62137 * model.IdealPerRated, 1));
        json.WriteNumber("charge_miles_added_rated", Math.Round(moment.AddedKwh / model.KwhPerKm * 0.62137, 1));
        json.WriteBoolean("charge_port_cold_weather_mode", false);
        json.WriteBoolean("charge_port_door_open", moment.Charger is not null);
        json.WriteString("charge_port_latch", "Engaged");
        json.WriteNumber("charge_rate", drawing ? Math.Round(moment.ChargerKw / model.KwhPerKm * 0.62137, 1) : 0);
        json.WriteBoolean("charge_to_max_range", false);
        json.WriteNumber("charger_actual_current", drawing && alternating is not null ? alternating.Amps : 0);
        if (drawing && alternating is not null)
            json.WriteNumber("charger_phases", Math.Min(2, alternating.Phases));
        else
            json.WriteNull("charger_phases");
        json.WriteNumber("charger_pilot_current", alternating?.Amps ?? 16);
        json.WriteNumber("charger_power", drawing ? (int)Math.Round(moment.ChargerKw) : 0);
        json.WriteNumber("charger_voltage", drawing ? volts : moment.Charger is not null ? 2 : 0);
        json.WriteString("charging_state", moment.ChargingState);
        json.WriteString("conn_charge_cable", moment.Charger is not null ? "IEC" : "<invalid>");
        json.WriteNumber("est_battery_range", moment.EstimatedMi);
        json.WriteString("fast_charger_brand", direct?.Brand ?? "<invalid>");
        json.WriteBoolean("fast_charger_present", direct is not null);
        json.WriteString("fast_charger_type", direct?.Type ?? (alternating is not null ? "ACSingleWireCAN" : "<invalid>"));
        if (withGaps)
            json.WriteNull("ideal_battery_range");
        else
            json.WriteNumber("ideal_battery_range", moment.IdealMi);
        json.WriteBoolean("managed_charging_active", false);
        json.WriteNull("managed_charging_start_time");
        json.WriteBoolean("managed_charging_user_canceled", false);
        json.WriteNumber("max_range_charge_counter", 0);
        json.WriteNull("not_enough_power_to_heat");
        json.WriteBoolean("scheduled_charging_pending", false);
        json.WriteNull("scheduled_charging_start_time");
        json.WriteNumber("time_to_full_charge", Math.Round(moment.HoursToFull, 2));
        json.WriteNumber("timestamp", now);
        json.WriteBoolean("trip_charging", false);
        json.WriteNumber("usable_battery_level", moment.UsableLevel);
        json.WriteNull("user_charge_enable_request");
        json.WriteEndObject();
    }

    static void WriteClimate(Utf8JsonWriter json, Moment moment, long now)
    {
        json.WriteStartObject("climate_state");
        json.WriteBoolean("battery_heater", false);
        json.WriteNull("battery_heater_no_power");
        json.WriteString("climate_keeper_mode", "off");
        json.WriteNumber("defrost_mode", 0);
        json.WriteNumber("driver_temp_setting", 20.5);
        json.WriteNumber("fan_status", moment.Climate ? 3 : 0);
        json.WriteNumber("inside_temp", moment.InsideTemp);
        json.WriteBoolean("is_auto_conditioning_on", moment.Climate);
        json.WriteBoolean("is_climate_on", moment.Climate);
        json.WriteBoolean("is_front_defroster_on", false);
        json.WriteBoolean("is_preconditioning", false);
        json.WriteBoolean("is_rear_defroster_on", false);
        json.WriteNumber("left_temp_direction", moment.Climate ? 320 : 0);
        json.WriteNumber("max_avail_temp", 28.0);
        json.WriteNumber("min_avail_temp", 15.0);
        json.WriteNumber("outside_temp", moment.OutsideTemp);
        json.WriteNumber("passenger_temp_setting", 20.5);
        json.WriteBoolean("remote_heater_control_enabled", false);
        json.WriteNumber("right_temp_direction", moment.Climate ? 320 : 0);
        json.WriteNumber("seat_heater_left", 0);
        json.WriteNumber("seat_heater_rear_center", 0);
        json.WriteNumber("seat_heater_rear_left", 0);
        json.WriteNumber("seat_heater_rear_right", 0);
        json.WriteNumber("seat_heater_right", 0);
        json.WriteBoolean("side_mirror_heaters", false);
        json.WriteBoolean("steering_wheel_heater", false);
        json.WriteNumber("timestamp", now);
        json.WriteBoolean("wiper_blade_heater", false);
        json.WriteEndObject();
    }

    static void WriteDrive(Utf8JsonWriter json, Moment moment, long now, bool withLocation)
    {
        json.WriteStartObject("drive_state");
        if (moment.Route is { } route)
        {
            json.WriteString("active_route_destination", route.To.Name);
            json.WriteNumber("active_route_energy_at_arrival", Math.Max(1, moment.Level - (int)(route.Miles / 2.5)));
            json.WriteNumber("active_route_latitude", route.To.Point.Latitude);
            json.WriteNumber("active_route_longitude", route.To.Point.Longitude);
            json.WriteNumber("active_route_miles_to_arrival", Math.Round(route.Miles, 2));
            json.WriteNumber("active_route_minutes_to_arrival", Math.Round(route.Minutes, 2));
        }

        json.WriteNumber("active_route_traffic_minutes_delay", 0.0);
        json.WriteNumber("gps_as_of", now / 1000 - 1);
        json.WriteNumber("heading", (int)moment.Heading % 360);
        if (withLocation)
        {
            json.WriteNumber("latitude", Math.Round(moment.Point.Latitude, 6));
            json.WriteNumber("longitude", Math.Round(moment.Point.Longitude, 6));
            json.WriteNumber("native_latitude", Math.Round(moment.Point.Latitude, 6));
            json.WriteNumber("native_location_supported", 1);
            json.WriteNumber("native_longitude", Math.Round(moment.Point.Longitude, 6));
            json.WriteString("native_type", "wgs");
        }

        json.WriteNumber("power", moment.PowerKw);
        json.WriteString("shift_state", moment.Shift);
        WriteNumber(json, "speed", moment.SpeedMph);
        json.WriteNumber("timestamp", now);
        json.WriteEndObject();
    }

    static void WriteGui(Utf8JsonWriter json, long now)
    {
        json.WriteStartObject("gui_settings");
        json.WriteBoolean("gui_24_hour_time", true);
        json.WriteString("gui_charge_rate_units", "kW");
        json.WriteString("gui_distance_units", "km/hr");
        json.WriteString("gui_range_display", "Rated");
        json.WriteString("gui_temperature_units", "C");
        json.WriteString("gui_tirepressure_units", "Bar");
        json.WriteBoolean("show_range_units", false);
        json.WriteNumber("timestamp", now);
        json.WriteEndObject();
    }

    static void WriteConfig(Utf8JsonWriter json, CarModel model, long now)
    {
        json.WriteStartObject("vehicle_config");
        json.WriteBoolean("can_accept_navigation_requests", true);
        json.WriteBoolean("can_actuate_trunks", true);
        json.WriteString("car_special_type", "base");
        json.WriteString("car_type", model.CarType);
        json.WriteString("charge_port_type", "CCS");
        json.WriteBoolean("eu_vehicle", true);
        json.WriteString("exterior_color", model.ExteriorColor);
        json.WriteBoolean("has_air_suspension", false);
        json.WriteBoolean("has_ludicrous_mode", false);
        json.WriteNumber("key_version", 2);
        json.WriteBoolean("motorized_charge_port", true);
        json.WriteString("perf_config", "P2");
        json.WriteBoolean("plg", true);
        json.WriteNumber("rear_seat_heaters", 1);
        json.WriteNumber("rear_seat_type", 0);
        json.WriteBoolean("rhd", false);
        json.WriteString("roof_color", "RoofColorGlass");
        json.WriteNull("seat_type");
        json.WriteString("spoiler_type", "None");
        json.WriteNull("sun_roof_installed");
        json.WriteString("third_row_seats", "None");
        json.WriteNumber("timestamp", now);
        json.WriteString("trim_badging", model.TrimBadging);
        json.WriteBoolean("use_range_badging", true);
        json.WriteString("wheel_type", model.WheelType);
        json.WriteEndObject();
    }

    static void WriteState(Utf8JsonWriter json, CarIdentity car, Moment moment, long now)
    {
        var pressure = moment.Doing == Doing.Driving ? 3.0 : 2.9;
        json.WriteStartObject("vehicle_state");
        json.WriteNumber("api_version", 84);
        json.WriteString("autopark_state_v3", moment.Doing == Doing.Driving ? "unavailable" : "ready");
        json.WriteString("autopark_style", "dead_man");
        json.WriteBoolean("calendar_supported", true);
        json.WriteString("car_version", moment.CarVersion);
        json.WriteNumber("center_display_state", moment.UserPresent ? 2 : 0);
        json.WriteNumber("df", moment.DriverDoorOpen ? 1 : 0);
        foreach (var closed in (ReadOnlySpan<string>)["dr", "fd_window", "fp_window", "ft"])
            json.WriteNumber(closed, 0);
        json.WriteNumber("homelink_device_count", 0);
        json.WriteBoolean("homelink_nearby", false);
        json.WriteBoolean("is_user_present", moment.UserPresent);
        json.WriteString("last_autopark_error", "no_error");
        json.WriteBoolean("locked", moment.Locked);
        json.WriteBoolean("notifications_supported", true);
        json.WriteNumber("odometer", moment.OdometerMi);
        json.WriteBoolean("parsed_calendar_supported", true);
        foreach (var closed in (ReadOnlySpan<string>)["pf", "pr", "rd_window"])
            json.WriteNumber(closed, 0);
        json.WriteBoolean("remote_start", false);
        json.WriteBoolean("remote_start_enabled", true);
        json.WriteBoolean("remote_start_supported", true);
        json.WriteNumber("rp_window", 0);
        json.WriteNumber("rt", 0);
        json.WriteBoolean("sentry_mode", moment.Sentry);
        json.WriteBoolean("sentry_mode_available", true);
        json.WriteBoolean("service_mode", false);
        json.WriteBoolean("smart_summon_available", true);
        json.WriteStartObject("software_update");
        json.WriteNumber("download_perc", moment.DownloadPercent);
        json.WriteNumber("expected_duration_sec", 1500);
        json.WriteNumber("install_perc", moment.InstallPercent);
        if (moment.UpdateStatus == "scheduled")
            json.WriteNumber("scheduled_time_ms", now + 120_000);
        json.WriteString("status", moment.UpdateStatus);
        json.WriteString("version", moment.UpdateVersion.Length > 0 ? moment.UpdateVersion : " ");
        json.WriteEndObject();
        json.WriteBoolean("summon_standby_mode_enabled", false);
        json.WriteNull("sun_roof_percent_open");
        json.WriteString("sun_roof_state", "unknown");
        json.WriteNumber("timestamp", now);
        foreach (var (tyre, difference) in (ReadOnlySpan<(string, double)>)[("fl", 0), ("fr", 0), ("rl", -0.025), ("rr", 0)])
        {
            json.WriteNumber("tpms_pressure_" + tyre, pressure + difference);
            json.WriteBoolean("tpms_soft_warning_" + tyre, false);
        }

        json.WriteBoolean("valet_mode", false);
        json.WriteBoolean("valet_pin_needed", true);
        json.WriteString("vehicle_name", car.Name);
        json.WriteEndObject();
    }

    static void WriteNumber(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
