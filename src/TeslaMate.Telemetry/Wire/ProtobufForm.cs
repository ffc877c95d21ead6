using Google.Protobuf;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;
using Datum = TeslaMate.Telemetry.Records.Datum;

namespace TeslaMate.Telemetry.Wire;

/// <summary>Records as the car sends them (spec fleet-telemetry 1.4).</summary>
static class ProtobufForm
{
    // protobuf allows years 1 to 9999.
    const long LeastSeconds = -62_135_596_800;
    const long MostSeconds = 253_402_300_799;

    // Some servers hand on alert times in milliseconds (1.5).
    const long LeastMilliseconds = 315_576_000_000;

    static readonly MessageParser<Payload> Payloads = Payload.Parser;

    /// <summary>Reads the payload of a record.</summary>
    /// <returns>Null when it cannot be read.</returns>
    public static TelemetryRecord? TryRead(RecordType type, ReadOnlySpan<byte> payload)
    {
        if (!PayloadShape.IsSound(type, payload))
            return null;
        try
        {
            return type switch
            {
                RecordType.Data => Data(Payloads.ParseFrom(payload)),
                RecordType.Alerts => Alerts(VehicleAlerts.Parser.ParseFrom(payload)),
                RecordType.Errors => Errors(VehicleErrors.Parser.ParseFrom(payload)),
                RecordType.Connectivity => Connectivity(VehicleConnectivity.Parser.ParseFrom(payload)),
                _ => null,
            };
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public static byte[] Write(TelemetryRecord record) => record switch
    {
        TelemetryRecord.Data data => Message(data).ToByteArray(),
        TelemetryRecord.Alerts alerts => Message(alerts).ToByteArray(),
        TelemetryRecord.Errors errors => Message(errors).ToByteArray(),
        TelemetryRecord.Connectivity connectivity => Message(connectivity).ToByteArray(),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static TelemetryRecord.Data Data(Payload payload)
    {
        var values = new Datum[payload.Data.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var (field, value) = ((int)payload.Data[i].Key, payload.Data[i].Value);
            values[i] = new Datum(field, value is null ? null : PayloadShape.Cut(field, Read(value)));
        }

        return new TelemetryRecord.Data(payload.Vin, Time(payload.CreatedAt), payload.IsResend, values);
    }

    static TelemetryRecord.Alerts Alerts(VehicleAlerts alerts) => new(
        alerts.Vin,
        Time(alerts.CreatedAt),
        [.. alerts.Alerts.Select(alert => new Alert(
            alert.Name, [.. alert.Audiences.Select(audience => (int)audience)], AlertTime(alert.StartedAt), AlertTime(alert.EndedAt)))]);

    static TelemetryRecord.Errors Errors(VehicleErrors errors) => new(
        errors.Vin,
        Time(errors.CreatedAt),
        [.. errors.Errors.Select(error => new CarError(Time(error.CreatedAt), error.Name, new Dictionary<string, string>(error.Tags), error.Body))]);

    static TelemetryRecord.Connectivity Connectivity(VehicleConnectivity record) => new(
        record.Vin, record.ConnectionId, (ConnectionStatus)(int)record.Status, Time(record.CreatedAt), record.NetworkInterface);

    static DateTimeOffset? AlertTime(Timestamp? time) => time is { Seconds: >= LeastMilliseconds and < MostSeconds * 1000 }
        ? DateTimeOffset.FromUnixTimeMilliseconds(time.Seconds)
        : Time(time);

    /// <summary>To the microsecond, as the database keeps it.</summary>
    static DateTimeOffset? Time(Timestamp? time) => time is { Seconds: >= LeastSeconds and <= MostSeconds, Nanos: >= 0 and <= 999_999_999 }
        ? DateTimeOffset.FromUnixTimeSeconds(time.Seconds).AddTicks(time.Nanos / 1000 * TimeSpan.TicksPerMicrosecond)
        : null;

    static Timestamp? Time(DateTimeOffset? time) => time is { } known
        ? new Timestamp { Seconds = known.ToUnixTimeSeconds(), Nanos = (int)(known.UtcTicks % TimeSpan.TicksPerSecond) * 100 }
        : null;

    static TelemetryValue Read(Value value) => value.ValueCase switch
    {
        Value.ValueOneofCase.StringValue => new TelemetryValue.Text(value.StringValue),
        Value.ValueOneofCase.IntValue => TelemetryValue.Number.Of(value.IntValue),
        Value.ValueOneofCase.LongValue => TelemetryValue.Number.Of(value.LongValue),
        Value.ValueOneofCase.FloatValue => TelemetryValue.Number.Of(value.FloatValue),
        Value.ValueOneofCase.DoubleValue => TelemetryValue.Number.Of(value.DoubleValue),
        Value.ValueOneofCase.BooleanValue => new TelemetryValue.Flag(value.BooleanValue),
        Value.ValueOneofCase.LocationValue => new TelemetryValue.Place(value.LocationValue.Latitude, value.LocationValue.Longitude),
        Value.ValueOneofCase.Invalid => TelemetryValue.Invalid.Instance,
        Value.ValueOneofCase.DoorValue => Doors(value.DoorValue),
        Value.ValueOneofCase.TimeValue => new TelemetryValue.Time(value.TimeValue.Hour, value.TimeValue.Minute, value.TimeValue.Second),
        Value.ValueOneofCase.TireLocationValue => Tires(value.TireLocationValue),
        Value.ValueOneofCase.ChargingValue => Code(8, (int)value.ChargingValue),
        Value.ValueOneofCase.ShiftStateValue => Code(9, (int)value.ShiftStateValue),
        Value.ValueOneofCase.LaneAssistLevelValue => Code(11, value.LaneAssistLevelValue),
        Value.ValueOneofCase.ScheduledChargingModeValue => Code(12, (int)value.ScheduledChargingModeValue),
        Value.ValueOneofCase.SentryModeStateValue => Code(13, (int)value.SentryModeStateValue),
        Value.ValueOneofCase.SpeedAssistLevelValue => Code(14, value.SpeedAssistLevelValue),
        Value.ValueOneofCase.BmsStateValue => Code(15, (int)value.BmsStateValue),
        Value.ValueOneofCase.BuckleStatusValue => Code(16, value.BuckleStatusValue),
        Value.ValueOneofCase.CarTypeValue => Code(17, (int)value.CarTypeValue),
        Value.ValueOneofCase.ChargePortValue => Code(18, (int)value.ChargePortValue),
        Value.ValueOneofCase.ChargePortLatchValue => Code(19, (int)value.ChargePortLatchValue),
        Value.ValueOneofCase.DriveInverterStateValue => Code(22, value.DriveInverterStateValue),
        Value.ValueOneofCase.HvilStatusValue => Code(23, value.HvilStatusValue),
        Value.ValueOneofCase.WindowStateValue => Code(24, (int)value.WindowStateValue),
        Value.ValueOneofCase.SeatFoldPositionValue => Code(25, value.SeatFoldPositionValue),
        Value.ValueOneofCase.TractorAirStatusValue => Code(26, value.TractorAirStatusValue),
        Value.ValueOneofCase.FollowDistanceValue => Code(27, value.FollowDistanceValue),
        Value.ValueOneofCase.ForwardCollisionSensitivityValue => Code(28, value.ForwardCollisionSensitivityValue),
        Value.ValueOneofCase.GuestModeMobileAccessValue => Code(29, value.GuestModeMobileAccessValue),
        Value.ValueOneofCase.TrailerAirStatusValue => Code(30, value.TrailerAirStatusValue),
        Value.ValueOneofCase.DetailedChargeStateValue => Code(32, (int)value.DetailedChargeStateValue),
        Value.ValueOneofCase.HvacAutoModeValue => Code(33, (int)value.HvacAutoModeValue),
        Value.ValueOneofCase.CabinOverheatProtectionModeValue => Code(34, (int)value.CabinOverheatProtectionModeValue),
        Value.ValueOneofCase.CabinOverheatProtectionTemperatureLimitValue => Code(35, (int)value.CabinOverheatProtectionTemperatureLimitValue),
        Value.ValueOneofCase.DefrostModeValue => Code(36, (int)value.DefrostModeValue),
        Value.ValueOneofCase.ClimateKeeperModeValue => Code(37, (int)value.ClimateKeeperModeValue),
        Value.ValueOneofCase.HvacPowerValue => Code(38, (int)value.HvacPowerValue),
        Value.ValueOneofCase.FastChargerValue => Code(40, (int)value.FastChargerValue),
        Value.ValueOneofCase.CableTypeValue => Code(41, (int)value.CableTypeValue),
        Value.ValueOneofCase.TonneauTentModeValue => Code(42, value.TonneauTentModeValue),
        Value.ValueOneofCase.TonneauPositionValue => Code(43, value.TonneauPositionValue),
        Value.ValueOneofCase.PowershareTypeValue => Code(44, value.PowershareTypeValue),
        Value.ValueOneofCase.PowershareStateValue => Code(45, value.PowershareStateValue),
        Value.ValueOneofCase.PowershareStopReasonValue => Code(46, value.PowershareStopReasonValue),
        Value.ValueOneofCase.DisplayStateValue => Code(47, (int)value.DisplayStateValue),
        Value.ValueOneofCase.DistanceUnitValue => Code(48, (int)value.DistanceUnitValue),
        Value.ValueOneofCase.TemperatureUnitValue => Code(49, (int)value.TemperatureUnitValue),
        Value.ValueOneofCase.PressureUnitValue => Code(50, (int)value.PressureUnitValue),
        Value.ValueOneofCase.ChargeUnitPreferenceValue => Code(51, (int)value.ChargeUnitPreferenceValue),
        Value.ValueOneofCase.TurnSignalStateValue => Code(52, value.TurnSignalStateValue),
        Value.ValueOneofCase.MediaStatusValue => Code(53, value.MediaStatusValue),
        Value.ValueOneofCase.SunroofInstalledStateValue => Code(54, (int)value.SunroofInstalledStateValue),
        _ => TelemetryValue.Unknown.Instance,
    };

    static TelemetryValue.Code Code(int kind, int value) => new(kind, value);

    static TelemetryValue.Doors Doors(Doors doors) =>
        new(doors.DriverFront, doors.DriverRear, doors.PassengerFront, doors.PassengerRear, doors.TrunkFront, doors.TrunkRear);

    static TelemetryValue.Tires Tires(TireLocation tires) => new(
        tires.FrontLeft, tires.FrontRight, tires.RearLeft, tires.RearRight,
        (tires.SemiMiddleAxleLeft2 ? 1 : 0) | (tires.SemiMiddleAxleRight2 ? 2 : 0) | (tires.SemiRearAxleLeft ? 4 : 0)
            | (tires.SemiRearAxleRight ? 8 : 0)
        | (tires.SemiRearAxleLeft2 ? 16 : 0) | (tires.SemiRearAxleRight2 ? 32 : 0));

    static Payload Message(TelemetryRecord.Data data)
    {
        var payload = new Payload { Vin = data.Vin, CreatedAt = Time(data.CreatedAt), IsResend = data.IsResend };
        payload.Data.Add(data.Values.Select(
            datum => new Generated.Datum { Key = (Field)datum.Field, Value = datum.Value is { } value ? Message(value) : null }));
        return payload;
    }

    static VehicleAlerts Message(TelemetryRecord.Alerts alerts)
    {
        var message = new VehicleAlerts { Vin = alerts.Vin, CreatedAt = Time(alerts.CreatedAt) };
        foreach (var alert in alerts.Items)
        {
            var item = new VehicleAlert { Name = alert.Name, StartedAt = Time(alert.StartedAt), EndedAt = Time(alert.EndedAt) };
            item.Audiences.Add(alert.Audiences.Select(audience => (VehicleAlert.Types.Audience)audience));
            message.Alerts.Add(item);
        }

        return message;
    }

    static VehicleErrors Message(TelemetryRecord.Errors errors)
    {
        var message = new VehicleErrors { Vin = errors.Vin, CreatedAt = Time(errors.CreatedAt) };
        foreach (var error in errors.Items)
        {
            var item = new VehicleError { CreatedAt = Time(error.CreatedAt), Name = error.Name, Body = error.Body };
            item.Tags.Add(error.Tags.ToDictionary());
            message.Errors.Add(item);
        }

        return message;
    }

    static VehicleConnectivity Message(TelemetryRecord.Connectivity record) => new()
    {
        Vin = record.Vin,
        ConnectionId = record.ConnectionId,
        Status = (VehicleConnectivity.Types.Status)(int)record.Status,
        CreatedAt = Time(record.CreatedAt),
        NetworkInterface = record.NetworkInterface,
    };

    static Value Message(TelemetryValue from) => from switch
    {
        TelemetryValue.Invalid => new Value { Invalid = true },
        TelemetryValue.Unknown => new Value(),
        TelemetryValue.Text(var text) => new Value { StringValue = text },
        TelemetryValue.Number { Kind: NumberKind.Int32 } number => new Value { IntValue = (int)number.Whole },
        TelemetryValue.Number { Kind: NumberKind.Int64 } number => new Value { LongValue = number.Whole },
        TelemetryValue.Number { Kind: NumberKind.Float } number => new Value { FloatValue = (float)number.Value },
        TelemetryValue.Number number => new Value { DoubleValue = number.Value },
        TelemetryValue.Flag(var flag) => new Value { BooleanValue = flag },
        TelemetryValue.Place(var latitude, var longitude)
            => new Value { LocationValue = new LocationValue { Latitude = latitude, Longitude = longitude } },
        TelemetryValue.Doors doors => new Value
        {
            DoorValue = new Doors
            {
                DriverFront = doors.DriverFront,
                DriverRear = doors.DriverRear,
                PassengerFront = doors.PassengerFront,
                PassengerRear = doors.PassengerRear,
                TrunkFront = doors.TrunkFront,
                TrunkRear = doors.TrunkRear,
            },
        },
        TelemetryValue.Time(var hour, var minute, var second) => new Value { TimeValue = new Time { Hour = hour, Minute = minute, Second = second } },
        TelemetryValue.Tires tires => new Value
        {
            TireLocationValue = new TireLocation
            {
                FrontLeft = tires.FrontLeft,
                FrontRight = tires.FrontRight,
                RearLeft = tires.RearLeft,
                RearRight = tires.RearRight,
                SemiMiddleAxleLeft2 = (tires.Others & 1) != 0,
                SemiMiddleAxleRight2 = (tires.Others & 2) != 0,
                SemiRearAxleLeft = (tires.Others & 4) != 0,
                SemiRearAxleRight = (tires.Others & 8) != 0,
                SemiRearAxleLeft2 = (tires.Others & 16) != 0,
                SemiRearAxleRight2 = (tires.Others & 32) != 0,
            },
        },
        TelemetryValue.Code code => Message(code),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static Value Message(TelemetryValue.Code code)
    {
        var value = new Value();
        switch (code.Kind)
        {
            case 8: value.ChargingValue = (ChargeStateValue)code.Value; break;
            case 9: value.ShiftStateValue = (ShiftStateValue)code.Value; break;
            case 11: value.LaneAssistLevelValue = code.Value; break;
            case 12: value.ScheduledChargingModeValue = (ScheduledChargingModeValue)code.Value; break;
            case 13: value.SentryModeStateValue = (SentryModeStateValue)code.Value; break;
            case 14: value.SpeedAssistLevelValue = code.Value; break;
            case 15: value.BmsStateValue = (BMSStateValue)code.Value; break;
            case 16: value.BuckleStatusValue = code.Value; break;
            case 17: value.CarTypeValue = (CarTypeValue)code.Value; break;
            case 18: value.ChargePortValue = (ChargePortValue)code.Value; break;
            case 19: value.ChargePortLatchValue = (ChargePortLatchValue)code.Value; break;
            case 22: value.DriveInverterStateValue = code.Value; break;
            case 23: value.HvilStatusValue = code.Value; break;
            case 24: value.WindowStateValue = (WindowStateValue)code.Value; break;
            case 25: value.SeatFoldPositionValue = code.Value; break;
            case 26: value.TractorAirStatusValue = code.Value; break;
            case 27: value.FollowDistanceValue = code.Value; break;
            case 28: value.ForwardCollisionSensitivityValue = code.Value; break;
            case 29: value.GuestModeMobileAccessValue = code.Value; break;
            case 30: value.TrailerAirStatusValue = code.Value; break;
            case 32: value.DetailedChargeStateValue = (DetailedChargeStateValue)code.Value; break;
            case 33: value.HvacAutoModeValue = (HvacAutoModeStateValue)code.Value; break;
            case 34: value.CabinOverheatProtectionModeValue = (CabinOverheatProtectionModeStateValue)code.Value; break;
            case 35: value.CabinOverheatProtectionTemperatureLimitValue = (ClimateOverheatProtectionTempLimitValue)code.Value; break;
            case 36: value.DefrostModeValue = (DefrostModeStateValue)code.Value; break;
            case 37: value.ClimateKeeperModeValue = (ClimateKeeperModeStateValue)code.Value; break;
            case 38: value.HvacPowerValue = (HvacPowerStateValue)code.Value; break;
            case 40: value.FastChargerValue = (FastChargerValue)code.Value; break;
            case 41: value.CableTypeValue = (CableTypeValue)code.Value; break;
            case 42: value.TonneauTentModeValue = code.Value; break;
            case 43: value.TonneauPositionValue = code.Value; break;
            case 44: value.PowershareTypeValue = code.Value; break;
            case 45: value.PowershareStateValue = code.Value; break;
            case 46: value.PowershareStopReasonValue = code.Value; break;
            case 47: value.DisplayStateValue = (DisplayStateValue)code.Value; break;
            case 48: value.DistanceUnitValue = (DistanceUnitValue)code.Value; break;
            case 49: value.TemperatureUnitValue = (TemperatureUnitValue)code.Value; break;
            case 50: value.PressureUnitValue = (PressureUnitValue)code.Value; break;
            case 51: value.ChargeUnitPreferenceValue = (ChargeUnitValue)code.Value; break;
            case 52: value.TurnSignalStateValue = code.Value; break;
            case 53: value.MediaStatusValue = code.Value; break;
            case 54: value.SunroofInstalledStateValue = (SunroofInstalledStateValue)code.Value; break;
            default: throw new System.Diagnostics.UnreachableException($"no enum has the number {code.Kind}");
        }

        return value;
    }
}
