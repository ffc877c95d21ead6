using System.Globalization;
using TeslaMate.Import.Reading;
using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Import.Tessie;

/// <summary>
/// Tessie's lists of drives and of charges, a row each (import-sources chapter): what begins and what ends one becomes answers of the car. Nothing
/// tells what the car did in between, so it is offline there. Known by their first line, since people name them as they like.
/// </summary>
sealed class TessieSummary(string path, TimeZoneInfo zone) : IHistoryFile
{
    // A car that was offline is asked twice before its answer counts, and takes two answers to be offline again.
    static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    static readonly string[] Forms = ["yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"];

    public string Name => System.IO.Path.GetFileName(path);

    public string Path => path;

    public IHistoryFile In(TimeZoneInfo other) => new TessieSummary(path, other);

    /// <summary>Whether the first line of a file is that of such a list.</summary>
    public static bool IsOne(string path)
    {
        if (!path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || !File.Exists(path))
            return false;
        try
        {
            using var csv = CsvFile.Open(path);
            return csv.MoveNext(expected: null) && !csv.IsBroken && Table.HeaderOf(csv) is var header && (IsDrives(header) || IsCharges(header));
        }
        catch (HistoryFileException)
        {
            // Whatever it is, it cannot be read.
            return false;
        }
    }

    public IEnumerable<HistoryRow> Rows()
    {
        // Once through for what a full battery is worth.
        var perPercent = RangePerPercent();
        using var csv = CsvFile.Open(path);
        if (!csv.MoveNext(expected: null))
            yield break;
        if (csv.IsBroken)
            throw new HistoryFileException("The header's quotes are not right");
        var table = new Table(csv);
        var clock = table.Named("Started At").Contains("(UTC)", StringComparison.Ordinal) ? null : new LocalClock(zone);
        var isDrives = IsDrives(table.Header);
        List<(int Line, DateTimeOffset Start, DateTimeOffset End, VehicleData First, VehicleData Last)> rides = [];
        while (csv.MoveNext(table.Header.Length))
        {
            if (csv.IsBlank)
                continue;
            if (csv.IsBroken || csv.Count != table.Header.Length)
            {
                yield return csv.IsBroken
                    ? new HistoryRow.Rejected(csv.Line, RejectionReason.ParseError, null, [])
                    : new HistoryRow.Rejected(csv.Line, RejectionReason.ColumnCountMismatch, "columns", ["columns"]);
                continue;
            }

            var (start, startProblem) = Instant(table.Text("Started At"), clock);
            var (end, endProblem) = Instant(table.Text("Ended At"), clock);
            if ((startProblem ?? endProblem) is { } problem)
            {
                yield return new HistoryRow.Rejected(csv.Line, problem, table.Named(startProblem is null ? "Ended At" : "Started At"), ["Date"]);
                continue;
            }

            var (first, last) = isDrives ? Drive(table, start, end, perPercent) : Charge(table, start, end, perPercent);
            if (end < start || Missing(first, last) is { } missing)
            {
                var column = end < start ? "Ended At" : Missing(first, last)!;
                yield return new HistoryRow.Rejected(csv.Line, RejectionReason.InvalidFields, table.Named(column), [column]);
                continue;
            }

            rides.Add((csv.Line, start, end, first, last));
        }

        // The newest may be the first one in the file, and one may begin in the minute in which another ends.
        DateTimeOffset? before = null;
        foreach (var (line, start, end, first, last) in rides.OrderBy(ride => ride.Start))
        {
            var joins = start - before is { } pause && pause >= TimeSpan.Zero && pause <= 5 * Moment;
            var answers = joins
                ? [(start + Moment, first with { DriveState = first.DriveState! with { Timestamp = start + Moment } })]
                : new[]
                {
                    (start - (2 * Moment), Parked(first, start - (2 * Moment))), (start - Moment, Parked(first, start - Moment)), (start, first),
                };
            var isCounted = false;
            foreach (var (at, data) in (IEnumerable<(DateTimeOffset, VehicleData)>)[.. answers, (end, last)])
            {
                // All of it is one row of the file.
                yield return new HistoryRow.Taken(line, at, data, HasOwnVehicleId: false) { IsExtra = isCounted };
                isCounted = true;
            }

            before = end;
            var next = rides.Where(ride => ride.Start >= end).Select(ride => (DateTimeOffset?)ride.Start).Min();
            if (next - end <= 5 * Moment)
                continue;
            foreach (var at in new[] { end + Moment, end + (2 * Moment) })
                yield return new HistoryRow.Taken(line, at, new VehicleData { State = "offline" }, HasOwnVehicleId: false) { IsExtra = true };
        }
    }

    static bool IsDrives(string[] header) => Has(header, "Started At") && Has(header, "Starting Odometer");

    static bool IsCharges(string[] header) => Has(header, "Started At") && (Has(header, "Energy Added") || Has(header, "Charge Energy Added"));

    static bool Has(string[] header, string name) => Array.Exists(header, column => Table.Is(column, name));

    /// <summary>
    /// Miles of range for each percent, from all rows that say both what they used or added and by how much the level changed: single rows are too
    /// coarse, and the lists have no range itself. Null when nothing tells.
    /// </summary>
    double? RangePerPercent()
    {
        using var csv = CsvFile.Open(path);
        if (!csv.MoveNext(expected: null) || csv.IsBroken)
            return null;
        var table = new Table(csv);
        var (range, percent) = (0.0, 0.0);
        while (csv.MoveNext(table.Header.Length))
        {
            if (csv.IsBlank || csv.IsBroken || csv.Count != table.Header.Length)
                continue;
            var change = table.Miles("Ideal Range Used") ?? table.Miles("Rated Range Used")
                ?? table.Miles("Ideal Range Added") ?? table.Miles("Rated Range Added") ?? table.Miles("Range Added");
            if (change is not > 0 || table.Number("Starting Battery") is not { } from || table.Number("Ending Battery") is not { } to || from == to)
                continue;
            range += change.Value;
            percent += Math.Abs(to - from);
        }

        return percent > 0 ? range / percent : null;
    }

    static (VehicleData First, VehicleData Last) Drive(Table table, DateTimeOffset start, DateTimeOffset end, double? perPercent)
    {
        var inside = Temperature(table, "Average Inside Temperature");
        var outside = Temperature(table, "Average Outside Temperature");
        return (At("Starting", start, ShiftState.D), At("Ending", end, ShiftState.P));

        VehicleData At(string side, DateTimeOffset at, ShiftState gear) => Answer(
            at, table.Number(side + " Latitude"), table.Number(side + " Longitude"), table.Miles(side + " Odometer"), table.Number(side + " Battery"),
            perPercent) with
        {
            DriveState = new DriveState
            {
                Timestamp = at,
                Latitude = table.Number(side + " Latitude"),
                Longitude = table.Number(side + " Longitude"),
                ShiftState = gear,
            },
            ClimateState = new ClimateState
            {
                Timestamp = at,
                InsideTemp = inside is { } known ? known : null,
                OutsideTemp = outside is { } air ? air : null,
            },
        };
    }

    static (VehicleData First, VehicleData Last) Charge(Table table, DateTimeOffset start, DateTimeOffset end, double? perPercent)
    {
        var isFast = table.Text("Is Supercharger") is { } said
            ? said == "1" || said.Equals("true", StringComparison.OrdinalIgnoreCase)
            : table.Number("Supercharging") is { } energy ? energy > 0 : (bool?)null;
        var energyAdded = table.Number("Energy Added") ?? table.Number("Charge Energy Added");
        // On average; the list has no power.
        var power = end > start && (table.Number("Energy Used") ?? energyAdded) / (end - start).TotalHours is { } kilowatts and >= 0 and < 1000
            ? (int)Math.Round(kilowatts, MidpointRounding.AwayFromZero)
            : (int?)null;
        return (At(start, "Charging", "Starting", 0), At(end, "Complete", "Ending", energyAdded));

        VehicleData At(DateTimeOffset at, string state, string side, double? added)
        {
            var answer = Answer(
                at, table.Number("Latitude"), table.Number("Longitude"), table.Miles("Odometer"), table.Number(side + " Battery"), perPercent);
            return answer with
            {
                ChargeState = answer.ChargeState! with
                {
                    ChargingState = state,
                    ChargeEnergyAdded = added is { } known ? known : null,
                    ChargerPower = power,
                    FastChargerPresent = isFast,
                },
            };
        }
    }

    static VehicleData Answer(DateTimeOffset at, double? latitude, double? longitude, double? odometer, double? level, double? perPercent)
    {
        var range = perPercent is { } miles && level is >= 0 and <= 100 ? miles * level : null;
        return new VehicleData
        {
            State = "online",
            DriveState = new DriveState { Timestamp = at, Latitude = latitude, Longitude = longitude, ShiftState = ShiftState.P },
            ChargeState = new ChargeState
            {
                Timestamp = at,
                BatteryLevel = level is >= 0 and <= 100 ? (int)Math.Round(level.Value, MidpointRounding.AwayFromZero) : null,
                IdealBatteryRange = range,
                BatteryRange = range,
            },
            ClimateState = new ClimateState { Timestamp = at },
            VehicleState = new VehicleState { Timestamp = at, OdometerMiles = odometer },
            VehicleConfig = new VehicleConfig(),
        };
    }

    static VehicleData Parked(VehicleData first, DateTimeOffset at) => first with
    {
        DriveState = first.DriveState! with { Timestamp = at, ShiftState = ShiftState.P },
        ChargeState = first.ChargeState! with { Timestamp = at, ChargingState = null, ChargeEnergyAdded = null },
    };

    /// <summary>The column without which the logbook would drop the row, if one is missing.</summary>
    static string? Missing(VehicleData first, VehicleData last)
    {
        var isDrive = first.ChargeState!.ChargingState is null;
        if (!IsSomewhere(first) || !IsSomewhere(last))
            return isDrive ? "Starting Latitude" : "Latitude";
        if (first.ChargeState.IdealBatteryRange is null || last.ChargeState!.IdealBatteryRange is null)
            return "Starting Battery";
        if (isDrive)
            return first.VehicleState!.OdometerMiles is null || last.VehicleState!.OdometerMiles is null ? "Starting Odometer" : null;
        return last.ChargeState.ChargeEnergyAdded is null ? "Energy Added" : null;
    }

    static bool IsSomewhere(VehicleData data) => data.DriveState is { Latitude: >= -90 and <= 90, Longitude: >= -180 and <= 180 };

    static double? Temperature(Table table, string name)
        => table.Number(name) is { } degrees ? table.Named(name).Contains('F', StringComparison.Ordinal) ? (degrees - 32) * 5 / 9 : degrees : null;

    static (DateTimeOffset At, string? Problem) Instant(string? text, LocalClock? clock)
    {
        if (!DateTime.TryParseExact(text, Forms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local) || local.Year is < 2000 or > 9000)
            return (default, RejectionReason.InvalidDate);
        return clock is null ? (new DateTimeOffset(local, TimeSpan.Zero), null) : clock.ToInstant(local);
    }

    /// <summary>The cells of the current record by the names of their columns, behind which a unit may stand in brackets.</summary>
    sealed class Table(CsvFile csv)
    {
        public string[] Header { get; } = HeaderOf(csv);

        public static string[] HeaderOf(CsvFile csv)
        {
            var header = new string[csv.Count];
            for (var i = 0; i < header.Length; i++)
                header[i] = csv.Cell(i).ToString();
            return header;
        }

        public static bool Is(string column, string name)
            => column == name || column.StartsWith(name + " (", StringComparison.Ordinal);

        /// <summary>The whole name of a column; the short one when there is none.</summary>
        public string Named(string name) => Index(name) is >= 0 and var index ? Header[index] : name;

        public string? Text(string name) => Index(name) is >= 0 and var index && csv.Cell(index) is { IsEmpty: false } cell ? cell.ToString() : null;

        public double? Number(string name)
            => double.TryParse(Text(name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
                ? number
                : null;

        /// <summary>A distance in miles, whatever unit its column has.</summary>
        public double? Miles(string name)
            => Number(name) * (Named(name).Contains("(km)", StringComparison.Ordinal) ? Lengths.MilesPerKm : 1);

        int Index(string name) => Array.FindIndex(Header, column => Is(column, name));
    }
}
