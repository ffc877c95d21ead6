using System.Globalization;
using System.Text;

namespace TeslaMate.Benchmarks.Import;

/// <summary>Years of one car as TeslaFi exports them: a file a month, 145 columns, a row a minute, two drives and every other day a charge.</summary>
static class YearsOfTeslaFi
{
    const int Columns = 145;

    // The order and the names of TeslaFi's first columns do not matter; the empty ones cost as much as those that say something.
    static readonly string[] Names =
    [
        "data_id", "Date", "calendar_enabled", "remote_start_enabled", "vehicle_id", "display_name", "color", "fast_charger_brand",
        "notifications_enabled", "vin", "conn_charge_cable", "id",
        "charge_port_cold_weather_mode", "api_version", "state", "option_codes", "vehicle_name", "car_type", "trim_badging", "exterior_color",
        "wheel_type", "latitude", "longitude", "speed",
        "power", "shift_state", "odometer", "battery_level", "usable_battery_level", "battery_range", "ideal_battery_range", "est_battery_range",
        "charging_state", "charge_energy_added",
        "charger_power", "charger_phases", "charger_voltage", "charger_actual_current", "charger_pilot_current", "fast_charger_present",
        "fast_charger_type", "battery_heater_on",
        "not_enough_power_to_heat", "outside_temp", "inside_temp", "driver_temp_setting", "passenger_temp_setting", "fan_status", "is_climate_on",
        "is_rear_defroster_on",
        "is_front_defroster_on", "battery_heater", "battery_heater_no_power", "car_version", "elevation", "inside_tempF", "outside_tempF",
        "odometerF", "idleNumber", "sleepNumber",
        "driveNumber", "chargeNumber", "maxRange", "locked", "sentry_mode", "heading", "charge_limit_soc",
    ];

    static readonly Dictionary<string, int> Places = Names.Select((name, index) => (name, index)).ToDictionary(pair => pair.name, pair => pair.index);

    /// <returns>How many rows there are, and their size.</returns>
    public static (int Rows, long Bytes) Write(string folder, int rows)
    {
        var start = new DateTime(2021, 1, 1, 0, 0, 0, DateTimeKind.Unspecified);
        var cells = new string[Columns];
        var (odometer, energy, level, bytes) = (10_000.0, 0.0, 70.0, 0L);
        StreamWriter? file = null;
        var month = 0;
        for (var row = 0; row < rows; row++)
        {
            var time = start.AddMinutes(row);
            if (time.Year * 12 + time.Month != month)
            {
                bytes += Close(file);
                month = time.Year * 12 + time.Month;
                file = new StreamWriter(Path.Combine(folder, $"TeslaFi{time.Month}{time.Year}.csv"), append: false,
                    new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
                file.Write(string.Join(',', Names.Concat(Enumerable.Range(Names.Length, Columns - Names.Length).Select(number => $"column{number}")))
                    + "\n");
            }

            var minute = (time.Hour * 60) + time.Minute;
            var (isDriving, isCharging) = (minute is (>= 450 and < 495) or (>= 1020 and < 1065), time.Day % 2 == 0 && minute is >= 1200 and < 1380);
            var isAsleep = minute is < 420 or >= 1400;
            var parks = minute is 495 or 1065;
            if (isDriving)
            {
                odometer += 0.5 + (minute % 7 * 0.05);
                level -= 0.2;
            }

            energy = isCharging ? energy + 0.18 : minute == 1199 ? 0 : energy;
            level = Math.Clamp(level + (isCharging ? 0.25 : 0), 10, 90);
            Array.Fill(cells, "");
            Set("data_id", Number(row));
            Set("Date", "\"" + time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "\"");
            Set("vehicle_id", "1111111111");
            Set("vin", "5YJ3E1EA1NF000001");
            Set("id", "12345678901234567");
            Set("state", isAsleep ? "asleep" : "online");
            Set("vehicle_name", "Nimbus");
            if (!isAsleep)
            {
                Set("car_type", "model3");
                Set("trim_badging", "74d");
                Set("exterior_color", "DeepBlue");
                Set("wheel_type", "Pinwheel18");
                Set("latitude", Number(52.5 + (minute % 97 * 0.001)));
                Set("longitude", Number(13.4 + (minute % 89 * 0.001)));
                Set("speed", isDriving ? Number(20 + (minute % 50)) : "None");
                Set("power", isDriving ? Number(minute % 60 - 20) : "0");
                Set("shift_state", isDriving ? "D" : parks ? "P" : "None");
                Set("odometer", Number(Math.Round(odometer, 6)));
                Set("battery_level", Number(Math.Round(level)));
                Set("usable_battery_level", Number(Math.Round(level)));
                Set("battery_range", Number(Math.Round(level * 2.5, 2)));
                Set("ideal_battery_range", Number(Math.Round(level * 3.1, 2)));
                Set("est_battery_range", Number(Math.Round(level * 2.2, 2)));
                Set("charging_state", isCharging ? "Charging" : minute == 1380 && time.Day % 2 == 0 ? "Complete" : "Disconnected");
                Set("charge_energy_added", Number(Math.Round(energy, 2)));
                Set("charger_power", isCharging ? "11" : "0");
                Set("charger_phases", isCharging ? "3" : "");
                Set("charger_voltage", isCharging ? "230" : "0");
                Set("charger_actual_current", isCharging ? "16" : "0");
                Set("charger_pilot_current", "16");
                Set("fast_charger_present", "0");
                Set("battery_heater_on", "False");
                Set("not_enough_power_to_heat", "False");
                Set("outside_temp", Number(10 + (minute % 20 * 0.5)));
                Set("inside_temp", "21.0");
                Set("driver_temp_setting", "20.5");
                Set("passenger_temp_setting", "20.5");
                Set("fan_status", "0");
                Set("is_climate_on", isDriving ? "True" : "False");
                Set("is_rear_defroster_on", "False");
                Set("is_front_defroster_on", "False");
                Set("car_version", $"{time.Year}.{time.Month * 4}.1 abcdef");
                Set("elevation", "34");
                Set("outside_tempF", "68.0");
                Set("odometerF", Number(Math.Round(odometer, 2)));
                Set("locked", "True");
                Set("heading", Number(minute % 360));
                Set("charge_limit_soc", "80");
            }

            file!.Write(string.Join(',', cells) + "\n");
        }

        return (rows, bytes + Close(file));

        void Set(string name, string value) => cells[Places[name]] = value;
    }

    static long Close(StreamWriter? file)
    {
        if (file is null)
            return 0;
        file.Flush();
        var length = file.BaseStream.Length;
        file.Dispose();
        return length;
    }

    static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
