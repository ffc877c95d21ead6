using System.Globalization;
using TeslaMate.Import.Reading;
using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Import.Tessie;

/// <summary>
/// A month of Tessie's state exports: <c>driving_states.csv</c> with <c>charging_states.csv</c>, <c>climate_states.csv</c> and
/// <c>battery_states.csv</c> beside it, joined by their times (import-sources chapter). Times are UTC. The files name no car, so one has to be
/// chosen.
/// </summary>
sealed class TessieFile(string path) : IHistoryFile
{
    public const string FileName = "driving_states.csv";

    public string Name => System.IO.Path.GetFileName(path);

    public string Path => path;

    public IHistoryFile In(TimeZoneInfo zone) => this;

    public IEnumerable<HistoryRow> Rows()
    {
        var folder = System.IO.Path.GetDirectoryName(path)!;
        var charging = Index(System.IO.Path.Combine(folder, "charging_states.csv"));
        var climate = Index(System.IO.Path.Combine(folder, "climate_states.csv"));
        var battery = Index(System.IO.Path.Combine(folder, "battery_states.csv"));
        var driving = Read(path).ToList();
        var times = driving.Where(record => record.At is not null).Select(record => record.At!.Value).ToHashSet();
        Dictionary<string, string> charge = [], air = [], energy = [], drive = [];
        double? before = null;
        // Rows of the other files alone are readings too: a parked car that charges.
        var alone = charging.Where(record => !times.Contains(record.Key))
            .Select(record => (record.Value.Line, At: (DateTimeOffset?)record.Key, Cells: (Dictionary<string, string>?)[]));
        foreach (var (line, time, cells) in driving.Concat(alone).OrderBy(record => record.At))
        {
            if (cells is null || time is not { } at)
            {
                yield return new HistoryRow.Rejected(line, cells is null ? RejectionReason.ColumnCountMismatch : RejectionReason.InvalidDate,
                    cells is null ? "columns" : "Timestamp (UTC)", []);
                continue;
            }

            drive = cells.Count > 0 ? cells : drive;
            charge = charging.TryGetValue(at, out var found) ? found.Cells : charge;
            air = climate.TryGetValue(at, out var foundAir) ? foundAir.Cells : air;
            energy = battery.TryGetValue(at, out var foundEnergy) ? foundEnergy.Cells : energy;
            var state = Text(charge, "Charging State");
            var isCharging = state is "Charging" or "Starting";
            var remaining = Number(energy, "Energy Remaining");
            before = isCharging ? before ?? remaining : before;
            var added = Number(charge, "Charge Energy Added") ?? (before is null ? null : Math.Max(0, remaining - before ?? 0));
            // The row that ends a charge still belongs to it.
            before = isCharging || state is null ? before : null;
            var shift = Text(drive, "Shift State");
            yield return new HistoryRow.Taken(line, at, new VehicleData
            {
                State = "online",
                DriveState = new DriveState
                {
                    Timestamp = at,
                    Latitude = Number(drive, "Latitude"),
                    Longitude = Number(drive, "Longitude"),
                    Speed = Number(drive, "Speed") is { } speed ? (int)Math.Round(speed, MidpointRounding.AwayFromZero) : null,
                    ShiftState = shift switch
                    {
                        "D" => ShiftState.D,
                        "R" => ShiftState.R,
                        "N" => ShiftState.N,
                        null or "" or "P" => ShiftState.P,
                        _ => ShiftState.Other
                    },
                },
                ChargeState = new ChargeState
                {
                    Timestamp = at,
                    ChargingState = state,
                    BatteryLevel = Integer(charge, "Battery Level") ?? Integer(charge, "Usable Battery Level"),
                    UsableBatteryLevel = Integer(charge, "Usable Battery Level"),
                    BatteryRange = Number(charge, "Battery Range"),
                    // Not every month has the ideal range; the rated one is what the car shows then.
                    IdealBatteryRange = Number(charge, "Ideal Battery Range") ?? Number(charge, "Battery Range"),
                    ChargeEnergyAdded = added is { } known ? known : null,
                    ChargerPower = Integer(charge, "Charger Power"),
                    ChargerVoltage = Integer(charge, "Charger Voltage"),
                    ChargerActualCurrent = Integer(charge, "Charger Actual Current") ?? Integer(charge, "Charger Current"),
                    ChargerPhases = Integer(charge, "Charger Phases") is > 0 and var phases ? phases : null,
                },
                ClimateState = new ClimateState
                {
                    Timestamp = at,
                    InsideTemp = Celsius(air, "Inside Temp") is { } inside ? inside : null,
                    OutsideTemp = Celsius(air, "Outside Temp") is { } outside ? outside : null,
                },
                VehicleState = new VehicleState { Timestamp = at, OdometerMiles = Number(drive, "Odometer") },
                VehicleConfig = new VehicleConfig(),
            }, HasOwnVehicleId: false);
        }
    }

    static Dictionary<DateTimeOffset, (int Line, Dictionary<string, string> Cells)> Index(string path)
    {
        Dictionary<DateTimeOffset, (int Line, Dictionary<string, string> Cells)> records = [];
        if (!File.Exists(path))
            return records;
        foreach (var (line, at, cells) in Read(path))
        {
            if (at is { } time && cells is not null)
                records[time] = (line, cells);
        }

        return records;
    }

    static IEnumerable<(int Line, DateTimeOffset? At, Dictionary<string, string>? Cells)> Read(string path)
    {
        using var csv = CsvFile.Open(path);
        if (!csv.MoveNext(expected: null))
            yield break;
        var header = Record(csv);
        while (csv.MoveNext(header.Length))
        {
            if (csv.IsBlank)
                continue;
            if (csv.Count != header.Length)
            {
                yield return (csv.Line, null, null);
                continue;
            }

            var record = Record(csv);
            var cells = header.Zip(record).Where(cell => cell.Second.Length > 0).GroupBy(cell => cell.First).ToDictionary(cell => cell.Key,
                cell => cell.Last().Second);
            var time = cells.FirstOrDefault(cell => cell.Key.StartsWith("Timestamp", StringComparison.Ordinal)).Value;
            yield return (csv.Line, DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null, cells);
        }
    }

    static string[] Record(CsvFile csv)
    {
        var cells = new string[csv.Count];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = csv.Cell(i).ToString();
        return cells;
    }

    /// <summary>A cell by the name of its column, whose unit stands behind it in brackets.</summary>
    static (string Column, string? Text) Cell(Dictionary<string, string> cells, string name)
    {
        var (column, text) = cells.FirstOrDefault(cell => cell.Key == name || cell.Key.StartsWith(name + " (", StringComparison.Ordinal));
        return (column ?? "", text);
    }

    static string? Text(Dictionary<string, string> cells, string name) => Cell(cells, name).Text;

    static double? Number(Dictionary<string, string> cells, string name)
    {
        var (column, text) = Cell(cells, name);
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            return null;
        return column.Contains("(km", StringComparison.Ordinal) ? number * Lengths.MilesPerKm : number;
    }

    static double? Celsius(Dictionary<string, string> cells, string name)
        => Number(cells, name) is { } degrees
            ? Cell(cells, name).Column.Contains('F', StringComparison.Ordinal) ? (degrees - 32) * 5 / 9 : degrees : null;

    static int? Integer(Dictionary<string, string> cells, string name)
        => Number(cells, name) is { } number && Math.Abs(number) <= short.MaxValue ? (int)Math.Round(number, MidpointRounding.AwayFromZero) : null;
}
