using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using TeslaMate.Vehicles;

namespace TeslaMate.Mqtt.Values;

/// <summary>The topics of a car's values and what a summary puts there (spec mqtt 7 and 8): the contract with every automation.</summary>
static class SummaryTopics
{
    /// <summary>Published with every summary, changed or not, and never retained.</summary>
    public const string Healthy = "healthy";

    static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The values that a summary gives as they are, in the specification's order; null where the car did not say.</summary>
    public static readonly IReadOnlyList<(string Topic, Func<Summary, string?> Value)> Plain =
    [
        ("display_name", s => s.DisplayName),
        ("state", s => s.State.Word),
        ("since", s => Payload.Precise(s.Since)),
        (Healthy, s => Payload.Of(s.Healthy)),
        ("latitude", s => Payload.Of(s.Latitude)),
        ("longitude", s => Payload.Of(s.Longitude)),
        ("heading", s => Payload.Of(s.Heading)),
        ("speed", s => Payload.Of(s.Speed)),
        ("power", s => Payload.Of(s.Power)),
        ("shift_state", s => s.ShiftState),
        ("elevation", s => Payload.Of(s.Elevation)),
        ("battery_level", s => Payload.Of(s.BatteryLevel)),
        ("usable_battery_level", s => Payload.Of(s.UsableBatteryLevel)),
        ("charging_state", s => s.ChargingState),
        ("ideal_battery_range_km", s => Payload.Of(s.IdealBatteryRangeKm)),
        ("est_battery_range_km", s => Payload.Of(s.EstBatteryRangeKm)),
        ("rated_battery_range_km", s => Payload.Of(s.RatedBatteryRangeKm)),
        ("charge_energy_added", s => Payload.AsWritten(s.ChargeEnergyAdded)),
        ("charge_limit_soc", s => Payload.Of(s.ChargeLimitSoc)),
        ("charge_port_door_open", s => Payload.Of(s.ChargePortDoorOpen)),
        ("charge_current_request", s => Payload.Of(s.ChargeCurrentRequest)),
        ("charge_current_request_max", s => Payload.Of(s.ChargeCurrentRequestMax)),
        ("charger_actual_current", s => Payload.Of(s.ChargerActualCurrent)),
        ("charger_phases", s => Payload.Of(s.ChargerPhases)),
        ("charger_power", s => Payload.Of(s.ChargerPower)),
        ("charger_voltage", s => Payload.Of(s.ChargerVoltage)),
        ("plugged_in", s => Payload.Of(s.PluggedIn)),
        ("scheduled_charging_start_time", s => Payload.Seconds(s.ScheduledChargingStartTime)),
        ("time_to_full_charge", s => Payload.AsWritten(s.TimeToFullCharge)),
        ("outside_temp", s => Payload.AsWritten(s.OutsideTemp)),
        ("inside_temp", s => Payload.AsWritten(s.InsideTemp)),
        ("is_climate_on", s => Payload.Of(s.IsClimateOn)),
        ("is_preconditioning", s => Payload.Of(s.IsPreconditioning)),
        ("climate_keeper_mode", s => s.ClimateKeeperMode),
        ("locked", s => Payload.Of(s.Locked)),
        ("sentry_mode", s => Payload.Of(s.SentryMode)),
        ("service_mode", s => Payload.Of(s.ServiceMode)),
        ("is_user_present", s => Payload.Of(s.IsUserPresent)),
        ("odometer", s => Payload.Of(s.OdometerKm)),
        ("windows_open", s => Payload.Of(s.WindowsOpen)),
        ("driver_front_window_open", s => Payload.Of(s.DriverFrontWindowOpen)),
        ("driver_rear_window_open", s => Payload.Of(s.DriverRearWindowOpen)),
        ("passenger_front_window_open", s => Payload.Of(s.PassengerFrontWindowOpen)),
        ("passenger_rear_window_open", s => Payload.Of(s.PassengerRearWindowOpen)),
        ("doors_open", s => Payload.Of(s.DoorsOpen)),
        ("driver_front_door_open", s => Payload.Of(s.DriverFrontDoorOpen)),
        ("driver_rear_door_open", s => Payload.Of(s.DriverRearDoorOpen)),
        ("passenger_front_door_open", s => Payload.Of(s.PassengerFrontDoorOpen)),
        ("passenger_rear_door_open", s => Payload.Of(s.PassengerRearDoorOpen)),
        ("trunk_open", s => Payload.Of(s.TrunkOpen)),
        ("frunk_open", s => Payload.Of(s.FrunkOpen)),
        ("sun_roof_installed", s => Payload.Of(s.SunRoofInstalled)),
        ("sun_roof_state", s => s.SunRoofState),
        ("sun_roof_percent_open", s => Payload.Of(s.SunRoofPercentOpen)),
        ("version", s => s.Version),
        ("update_available", s => Payload.Of(s.UpdateAvailable)),
        ("update_version", s => s.UpdateVersion),
        ("download_perc", s => Payload.Of(s.DownloadPerc)),
        ("install_perc", s => Payload.Of(s.InstallPerc)),
        ("center_display_state", s => Payload.Of(s.CenterDisplayState)),
        ("tpms_pressure_fl", s => Payload.AsWritten(s.TpmsPressureFl)),
        ("tpms_pressure_fr", s => Payload.AsWritten(s.TpmsPressureFr)),
        ("tpms_pressure_rl", s => Payload.AsWritten(s.TpmsPressureRl)),
        ("tpms_pressure_rr", s => Payload.AsWritten(s.TpmsPressureRr)),
        ("tpms_soft_warning_fl", s => Payload.Of(s.TpmsSoftWarningFl)),
        ("tpms_soft_warning_fr", s => Payload.Of(s.TpmsSoftWarningFr)),
        ("tpms_soft_warning_rl", s => Payload.Of(s.TpmsSoftWarningRl)),
        ("tpms_soft_warning_rr", s => Payload.Of(s.TpmsSoftWarningRr)),
        ("model", s => s.Model),
        ("trim_badging", s => s.TrimBadging),
        ("exterior_color", s => s.ExteriorColor),
        ("wheel_type", s => s.WheelType),
        ("spoiler_type", s => s.SpoilerType),
    ];

    // Numbers that keep the form in which the car writes them.
    static readonly FrozenSet<string> AsWritten = FrozenSet.ToFrozenSet([
        "charge_energy_added", "time_to_full_charge", "outside_temp", "inside_temp", "tpms_pressure_fl", "tpms_pressure_fr", "tpms_pressure_rl",
        "tpms_pressure_rr"]);

    /// <summary>Topics that an absent value empties; on all others it leaves what was there.</summary>
    public static readonly FrozenSet<string> ClearedByNull = FrozenSet.ToFrozenSet([
        "charge_energy_added", "charger_actual_current", "charger_phases", "charger_power", "charger_voltage", "scheduled_charging_start_time",
        "time_to_full_charge", "shift_state", "geofence", "trim_badging"]);

    /// <summary>Topics that keep what they have while the values come from the database (<see cref="Summary.IsRestored"/>).</summary>
    public static readonly FrozenSet<string> UnknownWhenRestored = FrozenSet.ToFrozenSet([
        "shift_state", "charge_energy_added", "charger_actual_current", "charger_phases", "charger_power", "charger_voltage", "charge_port_door_open",
        "plugged_in", "scheduled_charging_start_time", "time_to_full_charge"]);

    /// <summary>Everything a summary publishes, but for what depends on earlier summaries (<see cref="SoftwareUpdate"/>).</summary>
    public static IEnumerable<(string Topic, string? Payload)> Of(Summary summary, string? defaultGeofence)
    {
        foreach (var (topic, value) in Plain)
            if (!summary.IsRestored || !UnknownWhenRestored.Contains(topic))
                yield return (topic, value(summary));
        // Not heard yet is not nowhere: whoever knows of no place has nothing to say about geofences.
        if (!summary.IsRestored || summary.Geofence is not null || summary.Latitude is not null)
            yield return ("geofence", summary.Geofence?.Name ?? defaultGeofence);
        if (summary is { Latitude: { } latitude, Longitude: { } longitude })
            yield return ("location", new JsonObject
            {
                ["latitude"] = Number(Payload.Of(latitude)),
                ["longitude"] = Number(Payload.Of(longitude))
            }.ToJsonString(Compact));
        // A car that sleeps has no route; one that nobody could ask may have.
        if (summary is { IsRestored: true, State: VehicleStateName.Unavailable })
            yield break;
        foreach (var entry in Route(summary))
            yield return entry;
    }

    /// <summary>Whether two payloads of a topic are a whole number with and without a point, which is no change (spec mqtt 6).</summary>
    public static bool IsSameNumber(string topic, string? before, string? now)
        => AsWritten.Contains(topic) && before is not null && now is not null && (before + ".0" == now || now + ".0" == before);

    /// <summary>What Home Assistant's update entity reads; null while not all of it is known.</summary>
    public static string? SoftwareUpdate(string? version, bool? updateAvailable, string? updateVersion)
        => (version, updateAvailable, updateVersion) switch
        {
            ({ } installed, false, _) => new JsonObject { ["installed_version"] = installed, ["latest_version"] = installed }.ToJsonString(Compact),
            ({ } installed, true, { } latest)
                => new JsonObject { ["installed_version"] = installed, ["latest_version"] = latest }.ToJsonString(Compact),
            _ => null,
        };

    static IEnumerable<(string Topic, string? Payload)> Route(Summary summary)
    {
        if (summary.ActiveRouteDestination is not { } destination)
        {
            // The word is what existing automations compare with.
            yield return ("active_route_destination", "nil");
            yield return ("active_route_latitude", "nil");
            yield return ("active_route_longitude", "nil");
            yield return ("active_route", """{"error":"No active route available"}""");
            yield break;
        }

        yield return ("active_route_destination", destination);
        yield return ("active_route_latitude", Payload.Of(summary.ActiveRouteLatitude));
        yield return ("active_route_longitude", Payload.Of(summary.ActiveRouteLongitude));
        yield return ("active_route", new JsonObject
        {
            ["destination"] = destination,
            ["energy_at_arrival"] = summary.ActiveRouteEnergyAtArrival,
            ["miles_to_arrival"] = Number(Payload.AsWritten(summary.ActiveRouteMilesToArrival)),
            ["minutes_to_arrival"] = Number(Payload.AsWritten(summary.ActiveRouteMinutesToArrival)),
            ["traffic_minutes_delay"] = Number(Payload.AsWritten(summary.ActiveRouteTrafficMinutesDelay)),
            ["location"] = new JsonObject
            {
                ["latitude"] = Number(Payload.Of(summary.ActiveRouteLatitude)),
                ["longitude"] = Number(Payload.Of(summary.ActiveRouteLongitude))
            },
            ["error"] = null,
        }.ToJsonString(Compact));
    }

    // JSON numbers in the same plain form as the payloads.
    static JsonNode? Number(string? payload) => payload is null ? null : JsonNode.Parse(payload);
}
