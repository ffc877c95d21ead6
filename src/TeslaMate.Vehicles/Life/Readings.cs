using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Vehicles.Life;

/// <summary>What answers and samples become in the logbook (spec vehicle 10.2 and 10.3).</summary>
static class Readings
{
    /// <summary>The date of a row that is made from an answer: the car's clock, or the server's when the car did not say.</summary>
    public static DateTimeOffset Date(VehicleData data, DateTimeOffset now) => data.DriveState?.Timestamp ?? now;

    /// <summary>An answer as a position; null when it has no place.</summary>
    /// <param name="elevationM">From the terrain model, for cars without a stream.</param>
    /// <param name="elsewhere">Stands in for coordinates that the answer lacks.</param>
    public static PositionReading? Position(VehicleData data, DateTimeOffset now, int? elevationM = null, Coordinates? elsewhere = null)
    {
        var place = data.DriveState is { Latitude: { } latitude, Longitude: { } longitude } ? new Coordinates(latitude, longitude) : elsewhere;
        if (place is not { } at)
            return null;
        var (drive, charge, climate, state) = (data.DriveState, data.ChargeState, data.ClimateState, data.VehicleState);
        return new PositionReading
        {
            Date = Date(data, now),
            Latitude = at.Latitude,
            Longitude = at.Longitude,
            ElevationM = elevationM,
            SpeedKmH = Conversions.KmH(drive),
            PowerKw = drive?.Power,
            OdometerKm = Conversions.Kilometres(state?.OdometerMiles, decimals: 6),
            IdealRangeKm = Conversions.Kilometres(charge?.IdealBatteryRange, decimals: 2),
            EstimatedRangeKm = Conversions.Kilometres(charge?.EstBatteryRange, decimals: 2),
            RatedRangeKm = Conversions.Kilometres(charge?.BatteryRange, decimals: 2),
            BatteryLevel = charge?.BatteryLevel,
            UsableBatteryLevel = charge?.UsableBatteryLevel,
            BatteryHeaterOn = charge?.BatteryHeaterOn,
            OutsideTempC = climate?.OutsideTemp,
            InsideTempC = climate?.InsideTemp,
            DriverTempSettingC = climate?.DriverTempSetting,
            PassengerTempSettingC = climate?.PassengerTempSetting,
            FanStatus = climate?.FanStatus,
            IsClimateOn = climate?.IsClimateOn,
            IsRearDefrosterOn = climate?.IsRearDefrosterOn,
            IsFrontDefrosterOn = climate?.IsFrontDefrosterOn,
            BatteryHeater = climate?.BatteryHeater,
            BatteryHeaterNoPower = climate?.BatteryHeaterNoPower,
            TirePressureFrontLeftBar = state?.TpmsPressureFl,
            TirePressureFrontRightBar = state?.TpmsPressureFr,
            TirePressureRearLeftBar = state?.TpmsPressureRl,
            TirePressureRearRightBar = state?.TpmsPressureRr,
        };
    }

    /// <summary>The last answer as a position; null when there is none or it has no place.</summary>
    public static PositionReading? Position(Vehicle vehicle, DateTimeOffset now) =>
        vehicle.LastResponse is { } last ? Position(last, now) : null;

    /// <summary>A sample as a position; null when it has no place.</summary>
    public static PositionReading? Position(StreamReading reading) =>
        reading is { EstLat: { } latitude, EstLng: { } longitude }
            ? new PositionReading
            {
                Date = reading.Time,
                Latitude = latitude,
                Longitude = longitude,
                ElevationM = reading.Elevation,
                SpeedKmH = Conversions.KmH(reading.Speed),
                PowerKw = reading.Power,
                BatteryLevel = reading.Soc,
                OdometerKm = Conversions.Kilometres(reading.OdometerMiles, decimals: 6),
            }
            : null;

    /// <summary>An answer as a charge; null without a charge section.</summary>
    public static ChargeReading? Charge(VehicleData data, DateTimeOffset now) => data.ChargeState is not { } charge
        ? null
        : new ChargeReading
        {
            Date = charge.Timestamp ?? now,
            EnergyAddedKwh = charge.ChargeEnergyAdded,
            ChargerPowerKw = charge.ChargerPower,
            IdealRangeKm = Conversions.Kilometres(charge.IdealBatteryRange, decimals: 2),
            RatedRangeKm = Conversions.Kilometres(charge.BatteryRange, decimals: 2),
            BatteryLevel = charge.BatteryLevel,
            UsableBatteryLevel = charge.UsableBatteryLevel,
            ChargerActualCurrentA = charge.ChargerActualCurrent,
            ChargerPilotCurrentA = charge.ChargerPilotCurrent,
            ChargerPhases = charge.ChargerPhases,
            ChargerVoltageV = charge.ChargerVoltage,
            BatteryHeaterOn = charge.BatteryHeaterOn,
            NotEnoughPowerToHeat = charge.NotEnoughPowerToHeat,
            ConnectedCable = charge.ConnChargeCable,
            FastChargerPresent = charge.FastChargerPresent,
            FastChargerBrand = charge.FastChargerBrand,
            FastChargerType = charge.FastChargerType,
            BatteryHeater = data.ClimateState?.BatteryHeater,
            BatteryHeaterNoPower = data.ClimateState?.BatteryHeaterNoPower,
            OutsideTempC = data.ClimateState?.OutsideTemp,
        };

    /// <summary>The last answer as a charge; null when there is none.</summary>
    public static ChargeReading? Charge(Vehicle vehicle, DateTimeOffset now) => vehicle.LastResponse is { } last ? Charge(last, now) : null;
}
