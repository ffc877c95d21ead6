using System.Collections.Frozen;
using System.Globalization;
using TeslaMate.Import.Reading;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Import.TeslaFi;

/// <summary>Turns records into what the car would have answered.</summary>
sealed class TeslaFiRow
{
    static readonly string[] Sections =
        ["software_update", "drive_state", "charge_state", "climate_state", "vehicle_state", "vehicle_config", "gui_settings"];

    readonly string[] _header;
    readonly FrozenDictionary<string, int> _columns;
    readonly LocalClock _clock;
    readonly string _fallbackVehicleId;
    readonly int[] _sections;
    readonly string?[] _lastText;
    readonly List<(int Column, string Field)> _faults = [];
    VehicleConfig _config = new();
    CsvFile _csv = null!;

    public TeslaFiRow(string[] header, LocalClock clock, string fallbackVehicleId)
    {
        _header = header;
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < header.Length; i++)
            columns[header[i]] = i;
        _columns = columns.ToFrozenDictionary(StringComparer.Ordinal);
        _clock = clock;
        _fallbackVehicleId = fallbackVehicleId;
        _sections = [.. Sections.Where(_columns.ContainsKey).Select(name => _columns[name])];
        _lastText = new string?[header.Length];
    }

    public HistoryRow Read(CsvFile csv)
    {
        _csv = csv;
        _faults.Clear();
        if (!_columns.TryGetValue("Date", out var dateColumn) || TeslaFiDate.Parse(csv.Cell(dateColumn)) is not { } local)
            return new HistoryRow.Rejected(csv.Line, RejectionReason.InvalidDate, "Date", ["Date"]);
        var (at, problem) = _clock.ToInstant(local);
        if (problem is not null)
            return new HistoryRow.Rejected(csv.Line, problem, "Date", ["Date"]);
        foreach (var section in _sections)
        {
            if (Cell.Kind(csv.Cell(section)) != CellKind.Null)
                return new HistoryRow.Rejected(csv.Line, RejectionReason.ParseError, _header[section], []);
        }

        if (_columns.TryGetValue("option_codes", out var options) && Cell.Kind(csv.Cell(options)) is CellKind.Integer or CellKind.Decimal)
            return new HistoryRow.Rejected(csv.Line, RejectionReason.ParseError, "option_codes", []);

        var (vehicleId, hasOwnVehicleId) = VehicleId();
        var data = new VehicleData
        {
            VehicleId = vehicleId,
            Vin = Text("vin", ""),
            State = State(),
            DisplayName = Name("vehicle_name") ?? Name("display_name"),
            DriveState = new DriveState
            {
                Timestamp = at,
                Latitude = Number("latitude", "drive_state", -90, 90),
                Longitude = Number("longitude", "drive_state", -180, 180),
                Speed = Rounded(Number("speed", "drive_state", -20_000, 20_000)),
                Power = Integer("power", "drive_state"),
                ShiftState = Shift(),
            },
            ChargeState = new ChargeState
            {
                Timestamp = at,
                BatteryLevel = Level("battery_level"),
                UsableBatteryLevel = Level("usable_battery_level"),
                BatteryRange = Range("battery_range"),
                IdealBatteryRange = Range("ideal_battery_range"),
                EstBatteryRange = Range("est_battery_range"),
                ChargeEnergyAdded = Number("charge_energy_added", "charge_state", -999_999, 999_999) is { } energy
                    ? energy : null,
                ChargerActualCurrent = Integer("charger_actual_current", "charge_state"),
                ChargerPilotCurrent = Integer("charger_pilot_current", "charge_state"),
                ChargerPhases = Integer("charger_phases", "charge_state"),
                ChargerPower = Integer("charger_power", "charge_state"),
                ChargerVoltage = Integer("charger_voltage", "charge_state"),
                ConnChargeCable = Text("conn_charge_cable", "charge_state"),
                FastChargerBrand = Text("fast_charger_brand", "charge_state"),
                FastChargerType = Text("fast_charger_type", "charge_state"),
                ChargingState = Text("charging_state", "charge_state"),
                BatteryHeaterOn = Boolean("battery_heater_on", "charge_state"),
                FastChargerPresent = Boolean("fast_charger_present", "charge_state"),
                NotEnoughPowerToHeat = Boolean("not_enough_power_to_heat", "charge_state"),
            },
            ClimateState = new ClimateState
            {
                Timestamp = at,
                OutsideTemp = Temperature("outside_temp") is { } outside ? outside : null,
                InsideTemp = Temperature("inside_temp") is { } inside ? inside : null,
                DriverTempSetting = Temperature("driver_temp_setting"),
                PassengerTempSetting = Temperature("passenger_temp_setting"),
                FanStatus = Integer("fan_status", "climate_state", int.MinValue, int.MaxValue),
                BatteryHeater = Boolean("battery_heater", "climate_state"),
                BatteryHeaterNoPower = Boolean("battery_heater_no_power", "climate_state"),
                IsClimateOn = Boolean("is_climate_on", "climate_state"),
                IsRearDefrosterOn = Boolean("is_rear_defroster_on", "climate_state"),
                IsFrontDefrosterOn = Boolean("is_front_defroster_on", "climate_state"),
            },
            VehicleState = new VehicleState
            {
                Timestamp = at,
                OdometerMiles = Number("odometer", "vehicle_state", -1e9, 1e9),
                CarVersion = Version(),
                TpmsPressureFl = Pressure("tpms_pressure_fl"),
                TpmsPressureFr = Pressure("tpms_pressure_fr"),
                TpmsPressureRl = Pressure("tpms_pressure_rl"),
                TpmsPressureRr = Pressure("tpms_pressure_rr"),
            },
            VehicleConfig = Config(),
        };
        if (_faults.Count == 0)
            return new HistoryRow.Taken(csv.Line, at, data, hasOwnVehicleId);
        _faults.Sort((left, right) => left.Column.CompareTo(right.Column));
        return new HistoryRow.Rejected(
            csv.Line, RejectionReason.InvalidFields, _header[_faults[0].Column],
            [.. _faults.Select(fault => fault.Field).Distinct().Order(StringComparer.Ordinal).Take(8)]);
    }

    /// <summary>Hardly ever another than in the row before.</summary>
    VehicleConfig Config()
    {
        var config = new VehicleConfig
        {
            CarType = Text("car_type", "vehicle_config", canBeNumber: true),
            TrimBadging = Text("trim_badging", "vehicle_config", canBeNumber: true),
            ExteriorColor = Text("exterior_color", "vehicle_config", canBeNumber: true),
            WheelType = Text("wheel_type", "vehicle_config", canBeNumber: true),
            SpoilerType = Text("spoiler_type", "vehicle_config", canBeNumber: true),
        };
        return config == _config ? _config : _config = config;
    }

    (Vid? Id, bool IsOwn) VehicleId()
    {
        if (!Find("vehicle_id", out var column, out var cell))
            return (null, false);
        var isOwn = !cell.IsEmpty;
        var text = isOwn ? cell : _fallbackVehicleId;
        switch (Cell.Kind(text))
        {
            case CellKind.Null:
                return (null, isOwn);
            case CellKind.Integer when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var id):
                return (new Vid(id), isOwn);
            case CellKind.Decimal when isOwn && Cell.TryNumber(text, out var number) && double.IsInteger(number) && Math.Abs(number) < 1e15:
                return (new Vid((long)number), isOwn);
            default:
                Fault(column, "");
                return (null, isOwn);
        }
    }

    string State()
    {
        if (!Find("state", out var column, out var cell))
            return "unknown";
        switch (Cell.Kind(cell))
        {
            case CellKind.Null or CellKind.False:
                return "unknown";
            case CellKind.Text:
                var text = Keep(column, cell);
                return text is "waking" or "shutdown" ? "online" : text;
            default:
                Fault(column, "");
                return "unknown";
        }
    }

    string? Name(string name)
    {
        if (!Find(name, out var column, out var cell))
            return null;
        switch (Cell.Kind(cell))
        {
            case CellKind.Null:
                return null;
            case CellKind.True or CellKind.False:
                _faults.Add((column, "display_name"));
                return null;
            default:
                if (cell.Contains('\uFFFD'))
                    _faults.Add((column, "display_name"));
                return Keep(column, cell);
        }
    }

    ShiftState? Shift() => Text("shift_state", "drive_state") switch
    {
        null => null,
        "P" => ShiftState.P,
        "D" => ShiftState.D,
        "N" => ShiftState.N,
        "R" => ShiftState.R,
        _ => ShiftState.Other,
    };

    /// <summary>Only a text: one that looks like a number has lost its build and perhaps a zero at its end.</summary>
    string? Version() => Find("car_version", out var column, out var cell) && Cell.Kind(cell) == CellKind.Text ? Keep(column, cell) : null;

    /// <param name="section">Where Tesla's answer has it, and faults name it; empty for what stands outside of them.</param>
    string? Text(string name, string section, bool canBeNumber = false)
    {
        if (!Find(name, out var column, out var cell))
            return null;
        switch (Cell.Kind(cell))
        {
            case CellKind.Null:
                return null;
            case CellKind.Integer or CellKind.Decimal when canBeNumber:
            case CellKind.Text when !cell.Contains('\uFFFD'):
                return Keep(column, cell);
            default:
                Fault(column, section);
                return null;
        }
    }

    bool? Boolean(string name, string section)
    {
        if (!Find(name, out var column, out var cell))
            return null;
        switch (Cell.Kind(cell))
        {
            case CellKind.Null:
                return null;
            case CellKind.True:
                return true;
            case CellKind.False:
                return false;
            case CellKind.Integer:
                return cell.ContainsAnyInRange('1', '9');
            default:
                Fault(column, section);
                return null;
        }
    }

    int? Level(string name) => Find(name, out var column, out var cell) && Cell.Kind(cell) == CellKind.Decimal
        ? Within(column, "charge_state", cell, short.MinValue, short.MaxValue) is { } level
            ? (int)Math.Round(level, MidpointRounding.AwayFromZero) : null
        : Integer(name, "charge_state");

    double? Range(string name) => Number(name, "charge_state", -6000, 6000);

    double? Temperature(string name) => Number(name, "climate_state", -999, 999);

    ApiNumber? Pressure(string name) => Number(name, "vehicle_state", -999, 999) is { } pressure ? pressure : null;

    /// <summary>A whole number, also when it is written as <c>230.0</c>.</summary>
    int? Integer(string name, string section, int least = short.MinValue, int most = short.MaxValue)
    {
        if (Number(name, section, least, most) is not { } number)
            return null;
        if (double.IsInteger(number))
            return (int)number;
        Fault(_columns[name], section);
        return null;
    }

    double? Number(string name, string section, double least, double most)
    {
        if (!Find(name, out var column, out var cell))
            return null;
        switch (Cell.Kind(cell))
        {
            case CellKind.Null:
                return null;
            case CellKind.Integer or CellKind.Decimal:
                return Within(column, section, cell, least, most);
            default:
                Fault(column, section);
                return null;
        }
    }

    double? Within(int column, string section, ReadOnlySpan<char> cell, double least, double most)
    {
        if (Cell.TryNumber(cell, out var value) && value >= least && value <= most)
            return value;
        Fault(column, section);
        return null;
    }

    static int? Rounded(double? value) => value is { } known ? (int)Math.Round(known, MidpointRounding.AwayFromZero) : null;

    bool Find(string name, out int column, out ReadOnlySpan<char> cell)
    {
        var isThere = _columns.TryGetValue(name, out column);
        cell = isThere ? _csv.Cell(column) : [];
        return isThere;
    }

    /// <summary>A cell at fault, by the name that it has in Tesla's answer.</summary>
    void Fault(int column, string section) => _faults.Add((column, section.Length > 0 ? $"{section}.{_header[column]}" : _header[column]));

    /// <summary>The cell as a string: that of the row before, if it says the same.</summary>
    string Keep(int column, ReadOnlySpan<char> cell)
        => _lastText[column] is { } last && cell.SequenceEqual(last) ? last : _lastText[column] = cell.ToString();
}
