using System.Collections.Frozen;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>What a field can be; whatever else comes is ignored and counted, the rest of its record counts.</summary>
/// <param name="IsPossible">Whether a valid value can be one of a car.</param>
/// <param name="KeepsWhenInvalid">An invalid value leaves what was known.</param>
sealed record FieldRule(Func<TelemetryValue, bool> IsPossible, bool KeepsWhenInvalid = false)
{
    static readonly FieldRule Anything = new(_ => true);

    static readonly FrozenDictionary<int, FieldRule> Rules = new Dictionary<Field, FieldRule>
    {
        [Field.Location] = new(
            value => Reading.Place(value) is { Latitude: >= -90 and <= 90, Longitude: >= -180 and <= 180 } place
                && (place.Latitude != 0 || place.Longitude != 0), true),
        [Field.DestinationLocation] = new(value => Reading.Place(value) is { Latitude: >= -90 and <= 90, Longitude: >= -180 and <= 180 }),
        [Field.VehicleSpeed] = Number(-20, 300),
        [Field.GpsHeading] = Number(-360, 720),
        [Field.PackVoltage] = Number(0, 2_000),
        [Field.PackCurrent] = Number(-5_000, 5_000),
        [Field.Odometer] = Number(0, 10_000_000, keeps: true),
        [Field.Soc] = Number(0, 100.49),
        [Field.BatteryLevel] = Number(0, 100.49),
        [Field.RatedRange] = Number(-100, 6_000),
        [Field.IdealBatteryRange] = Number(-100, 6_000),
        [Field.EstBatteryRange] = Number(-100, 6_000),
        [Field.DcchargingEnergyIn] = Number(0, 5_000, keeps: true),
        [Field.AcchargingEnergyIn] = Number(0, 5_000, keeps: true),
        [Field.DcchargingPower] = Number(-3_000, 3_000),
        [Field.AcchargingPower] = Number(-3_000, 3_000),
        [Field.ChargeAmps] = Number(-3_000, 3_000),
        [Field.ChargerVoltage] = Number(-2_000, 2_000),
        [Field.ChargerPhases] = Number(-10, 10),
        [Field.ChargeCurrentRequest] = Number(-3_000, 3_000),
        [Field.ChargeCurrentRequestMax] = Number(-3_000, 3_000),
        [Field.ChargeLimitSoc] = Number(0, 100),
        [Field.TimeToFullCharge] = Number(0, 10_000),
        [Field.OutsideTemp] = Number(-100, 150),
        [Field.InsideTemp] = Number(-100, 150),
        [Field.HvacLeftTemperatureRequest] = Number(-100, 150),
        [Field.HvacRightTemperatureRequest] = Number(-100, 150),
        [Field.HvacFanStatus] = Number(0, 32_767),
        [Field.TpmsPressureFl] = Number(0, 20, keeps: true),
        [Field.TpmsPressureFr] = Number(0, 20, keeps: true),
        [Field.TpmsPressureRl] = Number(0, 20, keeps: true),
        [Field.TpmsPressureRr] = Number(0, 20, keeps: true),
        [Field.SoftwareUpdateDownloadPercentComplete] = Number(0, 100),
        [Field.SoftwareUpdateInstallationPercentComplete] = Number(0, 100),
        [Field.MilesToArrival] = Number(0, 25_000),
        [Field.MinutesToArrival] = Number(0, 100_000),
        [Field.ExpectedEnergyPercentAtTripArrival] = Number(-1_000, 100),
        [Field.RouteTrafficMinutesDelay] = Number(-100_000, 100_000),
        [Field.Gear] = Text(9),
        [Field.DetailedChargeState] = Text(32, keeps: true),
        [Field.FastChargerPresent] = Flag(keeps: true),
        [Field.FastChargerType] = Text(40, isSnaNothing: true),
        [Field.ChargingCableType] = Text(41, isSnaNothing: true),
        [Field.HvacPower] = Text(38, keeps: true),
        [Field.Version] = new(value => Reading.Text(value) is { Length: > 0 }, true),
        [Field.VehicleName] = new(value => Reading.Text(value) is not null, true),
        [Field.DoorState] = new(value => Reading.Doors(value) is not null, true),
        [Field.Locked] = Flag(),
        [Field.BatteryHeaterOn] = Flag(),
        [Field.NotEnoughPowerToHeat] = Flag(),
        [Field.ChargePortDoorOpen] = Flag(),
        [Field.DriverSeatOccupied] = Flag(),
        [Field.ServiceMode] = Flag(),
        [Field.PreconditioningEnabled] = Flag(),
        [Field.RearDefrostEnabled] = Flag(),
        [Field.RightHandDrive] = Flag(keeps: true),
        [Field.SentryMode] = Text(13),
        [Field.FdWindow] = Text(24),
        [Field.FpWindow] = Text(24),
        [Field.RdWindow] = Text(24),
        [Field.RpWindow] = Text(24),
    }.ToFrozenDictionary(rule => (int)rule.Key, rule => rule.Value);

    public static FieldRule Of(int field) => Rules.GetValueOrDefault(field, Anything);

    // A text that is no number says that there is none just now.
    static FieldRule Number(double least, double most, bool keeps = false) =>
        new(value => Reading.Number(value) is { } number && number >= least && number <= most, keeps);

    static FieldRule Flag(bool keeps = false) => new(value => Reading.Flag(value) is not null, keeps);

    static FieldRule Text(int kind, bool keeps = false, bool isSnaNothing = false) =>
        new(value => value is TelemetryValue.Text || (value is TelemetryValue.Code code && code.Kind == kind), keeps)
        {
            IsNothing = value => value is TelemetryValue.Text or TelemetryValue.Code { Name: not null }
                && Reading.Word(value, kind) is var word && (word is null || (isSnaNothing && word == "SNA")),
        };

    /// <summary>Whether a possible value says that there is none just now, as <c>Unknown</c> and texts such as <c>SNA</c> do.</summary>
    Func<TelemetryValue, bool> IsNothing { get; init; } = _ => false;

    /// <summary>What a value counts as: itself, not measurable, or null for nothing.</summary>
    public TelemetryValue? Judge(TelemetryValue value)
    {
        if (value is TelemetryValue.Unknown || IsAbsurd(value))
            return null;
        if (SaysNothing(value))
            return KeepsWhenInvalid ? null : TelemetryValue.Invalid.Instance;
        return value is TelemetryValue.Place place && !IsFinite(place) ? null : value;
    }

    /// <summary>A value of a wrong type, or one that no car can mean; unlike one that says that there is none.</summary>
    public bool IsAbsurd(TelemetryValue value) => value is not TelemetryValue.Unknown && !SaysNothing(value) && !IsPossible(value);

    bool SaysNothing(TelemetryValue value) => value switch
    {
        TelemetryValue.Invalid => true,
        // Not a number, and texts such as SNA.
        TelemetryValue.Number { Value: var number } when !double.IsFinite(number) => true,
        TelemetryValue.Text when IsNumeric => !IsPossible(value),
        _ => IsPossible(value) && IsNothing(value),
    };

    static bool IsFinite(TelemetryValue.Place place) => double.IsFinite(place.Latitude) && double.IsFinite(place.Longitude);

    bool IsNumeric => IsPossible(TelemetryValue.Number.Of(0.0)) && !IsPossible(new TelemetryValue.Text(""));
}
