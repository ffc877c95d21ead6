using TeslaMate.Import.Reading;
using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Import.TeslaLogger;

/// <summary>
/// A dump of TeslaLogger's database: its positions, drives, charges and states become what the car would have answered, in the order of time
/// (import-sources chapter). It holds years, so it is read several times and never kept: what drives and charges there are first, then positions and
/// charging rows side by side.
/// </summary>
sealed class TeslaLoggerFile(string path, TimeZoneInfo zone) : IHistoryFile
{
    const double PsPerKw = 1.35962;

    static readonly HashSet<string> Tables = new(StringComparer.OrdinalIgnoreCase)
    {
        "car", "cars", "drivestate", "chargingstate", "state", "car_version",
    };
    static readonly HashSet<string> Positions = new(StringComparer.OrdinalIgnoreCase) { "pos" };
    static readonly HashSet<string> Chargings = new(StringComparer.OrdinalIgnoreCase) { "charging" };

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
                && Enumerable.Range(0, 20).Select(_ => reader.ReadLine())
                    .Any(line => line?.Contains("MySQL dump", StringComparison.OrdinalIgnoreCase) == true
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
        var cars = tables["cars"].Concat(tables["car"]).DistinctBy(row => row.Integer("id") ?? 0).ToDictionary(row => row.Integer("id") ?? 0);
        // Before there were several cars, there was no number of one.
        int CarOf(DumpRow row) => row.Integer("CarID") ?? (cars.Count == 1 ? cars.Keys.First() : 1);

        var rides = tables["drivestate"].GroupBy(CarOf).ToDictionary(group => group.Key, group => group
            .Where(row => row.Integer("StartPos") is not null && row.Integer("EndPos") is not null)
            .Select(row => (First: row.Integer("StartPos")!.Value, Last: row.Integer("EndPos")!.Value)).Order().ToList());
        var charges = tables["chargingstate"].GroupBy(CarOf).ToDictionary(group => group.Key, group => group
            .Where(row => row.Integer("StartChargingID") is not null && row.Integer("EndChargingID") is not null)
            .Select(row => (First: row.Integer("StartChargingID")!.Value, Last: row.Integer("EndChargingID")!.Value, Pos: row.Integer("Pos"))).Order()
            .ToList());
        var wanted = charges.Values.SelectMany(group => group).Select(charge => charge.Pos).OfType<int>().ToHashSet();
        Dictionary<int, DumpRow> places = [];
        var isInOrder = true;
        DateTime? before = null;
        foreach (var row in MySqlDump.Read(path, Positions))
        {
            if (row.Integer("id") is { } id && wanted.Contains(id))
                places[id] = row;
            isInOrder &= !(row.Date("Datum") < before);
            before = row.Date("Datum") ?? before;
        }

        before = null;
        foreach (var row in MySqlDump.Read(path, Chargings))
        {
            isInOrder &= !(row.Date("Datum") < before);
            before = row.Date("Datum") ?? before;
        }

        IEnumerable<Reading> PositionReadings()
        {
            foreach (var row in MySqlDump.Read(path, Positions))
            {
                if (row.Date("Datum") is not { } at)
                    continue;
                var (car, id) = (CarOf(row), row.Integer("id") ?? 0);
                var ride = Find(rides.GetValueOrDefault(car), id, ride => ride.First, ride => ride.Last);
                ShiftState? gear = ride is null ? null : id == ride.Value.Last ? ShiftState.P : ShiftState.D;
                yield return new(at, Order: 1, row, Position(row) is { } place
                    ? place with { DriveState = place.DriveState! with { ShiftState = gear } }
                    : null);
            }
        }

        IEnumerable<Reading> ChargeReadings()
        {
            foreach (var row in MySqlDump.Read(path, Chargings))
            {
                var (car, id) = (CarOf(row), row.Integer("id") ?? 0);
                if (row.Date("Datum") is not { } at
                    || Find(charges.GetValueOrDefault(car), id, charge => charge.First, charge => charge.Last) is not { } charge)
                    continue;
                var place = charge.Pos is { } number && places.TryGetValue(number, out var found) ? Position(found) : null;
                yield return new(at, Order: 2, row, place is null ? null : Charge(row, place, isLast: id == charge.Last));
            }
        }

        var states = tables["state"].Where(row => row.Text("state") is "asleep" or "offline" && row.Date("StartDate") is not null)
            .Select(row => new Reading(row.Date("StartDate")!.Value, Order: 0, row, new VehicleData { State = row.Text("state")! }))
            .OrderBy(reading => reading.At);
        // Both tables are in the order of their numbers, which is that of time; where it is not, only sorting helps.
        var readings = isInOrder
            ? Merged(states, PositionReadings(), ChargeReadings())
            : states.Concat(PositionReadings()).Concat(ChargeReadings()).OrderBy(reading => reading.At).ThenBy(reading => reading.Order);
        var versions = tables["car_version"].Select(row => (Car: CarOf(row), At: row.Date("StartDate"), Version: row.Text("version")))
            .Where(version => version is { At: not null, Version: not null }).OrderBy(version => version.At).ToLookup(version => version.Car);
        DateTimeOffset? last = null;
        string? lastState = null;
        foreach (var (at, _, row, reading) in readings)
        {
            if (reading is null)
            {
                yield return new HistoryRow.Rejected(row.Line, RejectionReason.InvalidFields, row.Table == "charging" ? "Pos" : "lat",
                    ["drive_state.latitude", "drive_state.longitude"]);
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
            {
                var change = Complete(reading, car, instant - Moment, version);
                yield return new HistoryRow.Taken(row.Line, instant - Moment, change, HasOwnVehicleId: false) { IsExtra = true };
            }

            (last, lastState) = (instant, data.State);
            yield return new HistoryRow.Taken(row.Line, instant, data, HasOwnVehicleId: false);
        }
    }

    /// <summary>Several orders of readings as one.</summary>
    static IEnumerable<Reading> Merged(params IEnumerable<Reading>[] sources)
    {
        var heads = new List<IEnumerator<Reading>>();
        try
        {
            foreach (var source in sources)
            {
                var head = source.GetEnumerator();
                heads.Add(head);
                if (!head.MoveNext())
                {
                    heads.Remove(head);
                    head.Dispose();
                }
            }

            while (heads.Count > 0)
            {
                var next = heads.MinBy(head => (head.Current.At, head.Current.Order))!;
                yield return next.Current;
                if (!next.MoveNext())
                {
                    heads.Remove(next);
                    next.Dispose();
                }
            }
        }
        finally
        {
            heads.ForEach(head => head.Dispose());
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

    static VehicleData? Position(DumpRow row)
        => row.Number("lat") is { } latitude and >= -90 and <= 90 && row.Number("lng") is { } longitude and >= -180 and <= 180
        ? new VehicleData
        {
            State = "online",
            DriveState = new DriveState
            {
                Latitude = latitude,
                Longitude = longitude,
                // Both were cut off after the conversion from whole numbers, which this undoes.
                Speed = row.Number("speed") is { } speed ? (int)Math.Ceiling(Math.Clamp(speed, 0, 2000) * Lengths.MilesPerKm) : null,
                Power = row.Number("power") is { } power ? (int)(Math.Sign(power) * Math.Ceiling(Math.Min(Math.Abs(power), 3000) / PsPerKw)) : null,
            },
            ChargeState = new ChargeState
            {
                BatteryLevel = row.Integer("battery_level"),
                IdealBatteryRange = row.Number("ideal_battery_range_km") * Lengths.MilesPerKm,
                BatteryRange = row.Number("battery_range_km") * Lengths.MilesPerKm,
            },
            ClimateState = new ClimateState
            {
                OutsideTemp = row.Number("outside_temp") is { } outside ? outside : null,
                InsideTemp = row.Number("inside_temp") is { } inside ? inside : null,
            },
            VehicleState = new VehicleState { OdometerMiles = row.Number("odometer") * Lengths.MilesPerKm },
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
            IdealBatteryRange = row.Number("ideal_battery_range_km") * Lengths.MilesPerKm,
            BatteryRange = row.Number("battery_range_km") * Lengths.MilesPerKm,
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

    /// <param name="At">By the server's clock.</param>
    /// <param name="Order">Which of several at the same moment comes first.</param>
    /// <param name="Data">Null when it cannot be used.</param>
    readonly record struct Reading(DateTime At, int Order, DumpRow Row, VehicleData? Data);
}
