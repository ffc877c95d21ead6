using System.Buffers;
using System.Text.Json;
using TeslaMate.Api.Data.Rows;
using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;

namespace TeslaMate.Api.Data.Live;

/// <summary>
/// What a car tells at the moment, each value under its name as JSON (spec api 2.4). Two of them are compared to find what changed.
/// </summary>
sealed class LiveValues
{
    // The values one after the other, each up to its end.
    readonly byte[] _json;
    readonly (string Name, int End)[] _values;

    LiveValues(byte[] json, (string Name, int End)[] values) => (_json, _values) = (json, values);

    /// <summary>The newest values of a car.</summary>
    /// <param name="answers">When it answered.</param>
    public static LiveValues Of(Summary summary, LiveAnswers answers)
    {
        using var values = new Writer();
        values.Add("car_id", (int)summary.Car.Id.Value);
        values.Add("name", summary.DisplayName ?? summary.Car.Name);
        values.Add("at", answers.LastFull);
        values.Add("state", summary.State.Word);
        values.Add("state_since", summary.Since);
        values.Add("is_stale", summary.IsRestored || answers.AreOld);
        values.Add("is_healthy", summary.Healthy);
        values.Add("latitude", summary.Latitude);
        values.Add("longitude", summary.Longitude);
        values.Add("elevation_m", summary.Elevation);
        values.Add("heading", summary.Heading);
        values.Add("geofence_id", summary.Geofence?.Id);
        values.Add("geofence", summary.Geofence?.Name);
        values.Add("speed_kmh", summary.Speed);
        values.Add("power_kw", summary.Power);
        values.Add("shift_state", summary.ShiftState);
        values.Add("odometer_km", summary.OdometerKm);
        values.Add("battery_pct", summary.BatteryLevel);
        values.Add("usable_battery_pct", summary.UsableBatteryLevel);
        values.Add("rated_range_km", summary.RatedBatteryRangeKm);
        values.Add("ideal_range_km", summary.IdealBatteryRangeKm);
        values.Add("est_range_km", summary.EstBatteryRangeKm);
        values.Add("charging_state", summary.ChargingState);
        values.Add("is_plugged_in", summary.PluggedIn);
        values.Add("energy_added_kwh", summary.ChargeEnergyAdded);
        values.Add("charge_limit_pct", summary.ChargeLimitSoc);
        values.Add("charger_power_kw", summary.ChargerPower);
        values.Add("charger_voltage_v", summary.ChargerVoltage);
        values.Add("charger_current_a", summary.ChargerActualCurrent);
        values.Add("charger_phases", summary.ChargerPhases);
        values.Add("charge_current_request_a", summary.ChargeCurrentRequest);
        values.Add("charge_current_request_max_a", summary.ChargeCurrentRequestMax);
        values.Add("time_to_full_charge_s", summary.TimeToFullCharge is { } hours ? hours.Value * 3600 : null);
        values.Add("scheduled_charging_at", summary.ScheduledChargingStartTime);
        values.Add("is_charge_port_open", summary.ChargePortDoorOpen);
        values.Add("is_climate_on", summary.IsClimateOn);
        values.Add("is_preconditioning", summary.IsPreconditioning);
        values.Add("climate_keeper_mode", summary.ClimateKeeperMode);
        values.Add("inside_temp_c", summary.InsideTemp);
        values.Add("outside_temp_c", summary.OutsideTemp);
        values.Add("is_locked", summary.Locked);
        values.Add("is_sentry_mode", summary.SentryMode);
        values.Add("is_service_mode", summary.ServiceMode);
        values.Add("is_user_present", summary.IsUserPresent);
        values.Add("center_display_state", summary.CenterDisplayState);
        values.AddObject("windows_open", ("any", summary.WindowsOpen), ("driver_front", summary.DriverFrontWindowOpen),
            ("driver_rear", summary.DriverRearWindowOpen),
            ("passenger_front", summary.PassengerFrontWindowOpen), ("passenger_rear", summary.PassengerRearWindowOpen));
        values.AddObject("doors_open", ("any", summary.DoorsOpen), ("driver_front", summary.DriverFrontDoorOpen),
            ("driver_rear", summary.DriverRearDoorOpen),
            ("passenger_front", summary.PassengerFrontDoorOpen), ("passenger_rear", summary.PassengerRearDoorOpen));
        values.Add("is_trunk_open", summary.TrunkOpen);
        values.Add("is_frunk_open", summary.FrunkOpen);
        values.AddObject("tpms_bar", ("fl", summary.TpmsPressureFl), ("fr", summary.TpmsPressureFr), ("rl", summary.TpmsPressureRl),
            ("rr", summary.TpmsPressureRr));
        values.AddObject("tpms_warning", ("fl", summary.TpmsSoftWarningFl), ("fr", summary.TpmsSoftWarningFr), ("rl", summary.TpmsSoftWarningRl),
            ("rr", summary.TpmsSoftWarningRr));
        values.AddObject("route", ("destination", summary.ActiveRouteDestination), ("latitude", summary.ActiveRouteLatitude),
            ("longitude", summary.ActiveRouteLongitude),
            ("energy_at_arrival_pct", summary.ActiveRouteEnergyAtArrival),
            ("distance_km", summary.ActiveRouteMilesToArrival is { } miles ? Math.Round(miles.Value * Lengths.KmPerMile, 2) : null),
            ("duration_min", summary.ActiveRouteMinutesToArrival), ("traffic_delay_min", summary.ActiveRouteTrafficMinutesDelay));
        values.Add("version", summary.Version);
        values.Add("is_update_available", summary.UpdateAvailable);
        values.Add("update_version", summary.UpdateVersion);
        values.Add("update_status", summary.UpdateStatus);
        return values.Done();
    }

    /// <summary>All values as one object.</summary>
    public byte[] Whole() => Write(Enumerable.Range(0, _values.Length));

    /// <summary>The values that are others than before, with the car's number; null when there are none.</summary>
    public byte[]? ChangesSince(LiveValues before)
    {
        List<int> changed = [.. Enumerable.Range(0, _values.Length).Where(index => !Json(index).SequenceEqual(before.Json(index)))];
        return changed.Count == 0 ? null : Write([0, .. changed]);
    }

    ReadOnlySpan<byte> Json(int index) => _json.AsSpan((index == 0 ? 0 : _values[index - 1].End).._values[index].End);

    byte[] Write(IEnumerable<int> indexes)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, RowJson.Options);
        json.WriteStartObject();
        foreach (var index in indexes)
        {
            json.WritePropertyName(_values[index].Name);
            json.WriteRawValue(Json(index), skipInputValidation: true);
        }

        json.WriteEndObject();
        json.Flush();
        return output.WrittenSpan.ToArray();
    }

    sealed class Writer : IDisposable
    {
        readonly ArrayBufferWriter<byte> _output = new();
        readonly List<(string Name, int End)> _values = [];
        readonly Utf8JsonWriter _json;

        public Writer() => _json = new Utf8JsonWriter(_output, RowJson.Options);

        public void Add(string name, object? value)
        {
            WriteValue(_json, value);
            End(name);
        }

        public void AddObject(string name, params ReadOnlySpan<(string Name, object? Value)> members)
        {
            _json.WriteStartObject();
            foreach (var (member, value) in members)
            {
                _json.WritePropertyName(member);
                WriteValue(_json, value);
            }

            _json.WriteEndObject();
            End(name);
        }

        public LiveValues Done() => new(_output.WrittenSpan.ToArray(), [.. _values]);

        public void Dispose() => _json.Dispose();

        void End(string name)
        {
            _json.Flush();
            // The next value stands alone too.
            _json.Reset();
            _values.Add((name, _output.WrittenCount));
        }
    }

    static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int whole:
                json.WriteNumberValue(whole);
                break;
            case double number:
                json.WriteNumberValue(number);
                break;
            case ApiNumber number:
                json.WriteNumberValue(number.Value);
                break;
            case DateTimeOffset instant:
                json.WriteStringValue(Moments.Text(instant));
                break;
            default:
                json.WriteStringValue((string)value);
                break;
        }
    }
}

/// <summary>When a car answered, as far as its live values tell it: as long as that and its summary stay the same, they do.</summary>
/// <param name="LastFull">When it last told all about itself, UTC; null when it has not.</param>
/// <param name="AreOld">It has answered, and not for a long time.</param>
readonly record struct LiveAnswers(DateTimeOffset? LastFull, bool AreOld)
{
    /// <summary>Longer without an answer, values are old.</summary>
    static readonly TimeSpan Stale = TimeSpan.FromMinutes(30);

    /// <param name="health">Null when nobody knows.</param>
    /// <param name="now">The program's clock.</param>
    public static LiveAnswers Of(VehicleHealth? health, DateTimeOffset now)
        => new(health?.LastFullAnswer, health?.LastGoodAnswer is { } good && now - good > Stale);
}
