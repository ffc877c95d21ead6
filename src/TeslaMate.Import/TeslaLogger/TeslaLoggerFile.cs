using TeslaMate.Import.Reading;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Import.TeslaLogger;

/// <summary>
/// A dump of TeslaLogger's database: its positions, drives, charges and states become what the car would have answered, in the order of time (import-sources chapter).
/// </summary>
sealed class TeslaLoggerFile(string path, TimeZoneInfo zone) : IHistoryFile
{
    const double MilesPerKm = 0.62137119223733;
    const double PsPerKw = 1.35962;

    static readonly HashSet<string> Tables = new(StringComparer.OrdinalIgnoreCase) { "car", "cars", "pos", "drivestate", "chargingstate", "charging", "state", "car_version" };

    // Leaving and entering a state takes two rows of it, so each is told a moment before.
    static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    public string Name => System.IO.Path.GetFileName(path);

    public string Path => path;

    public IHistoryFile In(TimeZoneInfo other) => new TeslaLoggerFile(path, other);

    /// <summary>Whether the first lines of a file look like such a dump.</summary>
    public static bool IsOne(string path)
    {
        try
        {
            using var reader = new StreamReader(Fingerprint.Open(path));
            return path.EndsWith(".sql", StringComparison.OrdinalIgnoreCase)
                && Enumerable.Range(0, 20).Select(_ => reader.ReadLine()).Any(line => line?.Contains("MySQL dump", StringComparison.OrdinalIgnoreCase) == true
                    || line?.Contains("MariaDB dump", StringComparison.OrdinalIgnoreCase) == true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public IEnumerable<HistoryRow> Rows()
    {
        var clock = new LocalClock(zone);
        var tables = MySqlDump.Read(path, Tables).ToLookup(row => row.Table, StringComparer.OrdinalIgnoreCase);
        var cars = tables["cars"].Concat(tables["car"]).ToDictionary(row => row.Integer("id") ?? 0);
        // Before there were several cars, there was no number of one.
        int CarOf(DumpRow row) => row.Integer("CarID") ?? (cars.Count == 1 ? cars.Keys.First() : 1);

        var rides = tables["drivestate"].GroupBy(CarOf).ToDictionary(group => group.Key, group => group
            .Where(row => row.Integer("StartPos") is not null && row.Integer("EndPos") is not null)
            .Select(row => (First: row.Integer("StartPos")!.Value, Last: row.Integer("EndPos")!.Value)).Order().ToList());
        var charges = tables["chargingstate"].GroupBy(CarOf).ToDictionary(group => group.Key, group => group
            .Where(row => row.Integer("StartChargingID") is not null && row.Integer("EndChargingID") is not null)
            .Select(row => (First: row.Integer("StartChargingID")!.Value, Last: row.Integer("EndChargingID")!.Value, Pos: row.Integer("Pos"))).Order().ToList());
        var places = tables["pos"].Where(row => row.Integer("id") is not null).ToDictionary(row => row.Integer("id")!.Value);
        List<(DateTime At, int Order, DumpRow Row, VehicleData? Data)> readings = [];
        foreach (var row in tables["pos"])
        {
            var (car, id) = (CarOf(row), row.Integer("id") ?? 0);
            var ride = Find(rides.GetValueOrDefault(car), id, ride => ride.First, ride => ride.Last);
            Add(row, "Datum", order: 1, Position(row) is { } place
                ? place with { DriveState = place.DriveState! with { ShiftState = ride is null ? null : id == ride.Value.Last ? ShiftState.P : ShiftState.D } }
                : null);
        }

        foreach (var row in tables["charging"])
        {
            var (car, id) = (CarOf(row), row.Integer("id") ?? 0);
            var charge = Find(charges.GetValueOrDefault(car), id, charge => charge.First, charge => charge.Last);
            var place = charge?.Pos is { } number && places.TryGetValue(number, out var found) ? Position(found) : null;
            if (charge is not null)
                Add(row, "Datum", order: 2, place is null ? null : Charge(row, place, isLast: id == charge.Value.Last));
        }

        foreach (var row in tables["state"])
        {
            if (row.Text("state") is ("asleep" or "offline") and { } state)
                Add(row, "StartDate", order: 0, new VehicleData { State = state });
        }

        var versions = tables["car_version"].Select(row => (Car: CarOf(row), At: row.Date("StartDate"), Version: row.Text("version")))
            .Where(version => version is { At: not null, Version: not null }).OrderBy(version => version.At).ToLookup(version => version.Car);
        DateTimeOffset? last = null;
        string? lastState = null;
        foreach (var (at, _, row, reading) in readings.OrderBy(reading => reading.At).ThenBy(reading => reading.Order))
        {
            if (reading is null)
            {
                yield return new HistoryRow.Rejected(row.Line, RejectionReason.InvalidFields, row.Table == "charging" ? "Pos" : "lat", ["drive_state.latitude", "drive_state.longitude"]);
                continue;
            }

            var (instant, problem) = clock.ToInstant(at);
            if (problem is not null)
            {
                yield return new HistoryRow.Rejected(row.Line, problem, row.Table == "state" ? "StartDate" : "Datum", []);
                continue;
            }

            var car = cars.GetValueOrDefault(CarOf(row));
            var version = versions[CarOf(row)].LastOrDefault(version => version.At <= at).Version;
            var data = Complete(reading, car, instant, version);
            if (lastState != data.State && !(instant - Moment <= last))
                yield return new HistoryRow.Taken(row.Line, instant - Moment, Complete(reading, car, instant - Moment, version), HasOwnVehicleId: false);
            (last, lastState) = (instant, data.State);
            yield return new HistoryRow.Taken(row.Line, instant, data, HasOwnVehicleId: false);
        }

        void Add(DumpRow row, string column, int order, VehicleData? data)
        {
            if (row.Date(column) is { } at)
                readings.Add((at, order, row, data));
        }
    }

    static T? Find<T>(List<T>? sorted, int id, Func<T, int> first, Func<T, int> last)
        where T : struct
    {
        if (sorted is null)
            return null;
        var (low, high) = (0, sorted.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (first(sorted[middle]) <= id)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high >= 0 && id <= last(sorted[high]) ? sorted[high] : null;
    }

    static VehicleData? Position(DumpRow row) => row.Number("lat") is { } latitude and >= -90 and <= 90 && row.Number("lng") is { } longitude and >= -180 and <= 180
        ? new VehicleData
        {
            State = "online",
            DriveState = new DriveState
            {
                Latitude = latitude,
                Longitude = longitude,
                // Both were cut off after the conversion from whole numbers, which this undoes.
                Speed = row.Number("speed") is { } speed ? (int)Math.Ceiling(Math.Clamp(speed, 0, 2000) * MilesPerKm) : null,
                Power = row.Number("power") is { } power ? (int)(Math.Sign(power) * Math.Ceiling(Math.Min(Math.Abs(power), 3000) / PsPerKw)) : null,
            },
            ChargeState = new ChargeState
            {
                BatteryLevel = row.Integer("battery_level"),
                IdealBatteryRange = row.Number("ideal_battery_range_km") * MilesPerKm,
                BatteryRange = row.Number("battery_range_km") * MilesPerKm,
            },
            ClimateState = new ClimateState
            {
                OutsideTemp = row.Number("outside_temp") is { } outside ? outside : null,
                InsideTemp = row.Number("inside_temp") is { } inside ? inside : null,
            },
            VehicleState = new VehicleState { Odometer = row.Number("odometer") * MilesPerKm },
        }
        : null;

    static VehicleData Charge(DumpRow row, VehicleData place, bool isLast) => place with
    {
        DriveState = place.DriveState! with { Speed = null, Power = null },
        ChargeState = new ChargeState
        {
            ChargingState = isLast ? "Complete" : "Charging",
            BatteryLevel = row.Integer("battery_level"),
            ChargeEnergyAdded = row.Number("charge_energy_added") is { } energy ? energy : null,
            ChargerPower = row.Integer("charger_power"),
            IdealBatteryRange = row.Number("ideal_battery_range_km") * MilesPerKm,
            BatteryRange = row.Number("battery_range_km") * MilesPerKm,
            ChargerVoltage = row.Integer("charger_voltage"),
            ChargerPhases = row.Integer("charger_phases") is > 0 and var phases ? phases : null,
            ChargerActualCurrent = row.Integer("charger_actual_current"),
            ChargerPilotCurrent = row.Integer("charger_pilot_current"),
            FastChargerBrand = row.Text("fast_charger_brand"),
            FastChargerType = row.Text("fast_charger_type"),
            ConnChargeCable = row.Text("conn_charge_cable"),
            FastChargerPresent = row.Integer("fast_charger_present") is { } present ? present != 0 : null,
        },
        ClimateState = new ClimateState { OutsideTemp = row.Number("outside_temp") is { } outside ? outside : null },
    };

    static VehicleData Complete(VehicleData data, DumpRow? car, DateTimeOffset at, string? version) => data with
    {
        Vin = car?.Text("vin") is { Length: > 0 } vin ? vin : null,
        DisplayName = car?.Text("display_name"),
        DriveState = (data.DriveState ?? new()) with { Timestamp = at },
        ChargeState = (data.ChargeState ?? new()) with { Timestamp = at },
        ClimateState = (data.ClimateState ?? new()) with { Timestamp = at },
        VehicleState = (data.VehicleState ?? new()) with { Timestamp = at, CarVersion = version },
        VehicleConfig = new VehicleConfig { CarType = car?.Text("car_type"), TrimBadging = car?.Text("car_trim_badging") },
    };
}
