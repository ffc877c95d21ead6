using TeslaMate.Simulator.Lives;
using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;

namespace TeslaMate.Simulator.Telemetry;

/// <summary>What a car says about itself by telemetry (spec fleet-telemetry 3.2): its moment as fields of Tesla's.</summary>
static class CarSignals
{
    const double AlternatingEfficiency = 0.93;

    /// <summary>All fields that the moment tells; values as current firmware types them.</summary>
    public static IEnumerable<(Field Field, TelemetryValue Value)> Of(Life life, Moment moment)
    {
        var alternating = moment.Charger as Charger.Alternating;
        var direct = moment.Charger as Charger.Direct;
        // The fuller the battery and the less it gives, the higher.
        var volts = Math.Round(350 + (moment.Level * 0.5) - (moment.PowerKw * 0.2), 1);
        var isDrawing = moment.ChargingState == "Charging";
        yield return (Field.Gear, Code(9, moment.Shift switch { "D" => 5, "R" => 3, "N" => 4, _ => 2 }));
        yield return (Field.Location, new TelemetryValue.Place(Math.Round(moment.Point.Latitude, 6), Math.Round(moment.Point.Longitude, 6)));
        yield return (Field.VehicleSpeed, moment.SpeedMph is { } speed ? Number(speed) : TelemetryValue.Invalid.Instance);
        yield return (Field.GpsHeading, Number((int)moment.Heading));
        yield return (Field.Odometer, Number(moment.OdometerMi));
        yield return (Field.PackVoltage, Number(volts));
        yield return (Field.PackCurrent, Number(Math.Round(-moment.PowerKw * 1000 / volts, 1)));
        yield return (Field.Soc, Number(moment.UsableLevel));
        yield return (Field.BatteryLevel, Number(moment.Level));
        yield return (Field.RatedRange, Number(moment.RatedMi));
        yield return (Field.IdealBatteryRange, Number(moment.IdealMi));
        yield return (Field.EstBatteryRange, Number(moment.EstimatedMi));
        yield return (Field.EnergyRemaining, Number(Math.Round(moment.Level * life.Model.CapacityKwh / 100, 1)));
        yield return (Field.DetailedChargeState, Code(32, moment.ChargingState switch
        {
            "Starting" => 3,
            "Charging" => 4,
            "Complete" => 5,
            "Stopped" => 6,
            _ => 1,
        }));
        yield return (Field.DcchargingEnergyIn, Number(Math.Round(moment.AddedKwh, 3)));
        yield return (Field.AcchargingEnergyIn, Number(alternating is null ? 0 : Math.Round(moment.AddedKwh / AlternatingEfficiency, 3)));
        yield return (Field.AcchargingPower, Number(isDrawing && alternating is not null ? Math.Round(moment.ChargerKw, 2) : 0));
        yield return (Field.DcchargingPower,
            Number(isDrawing ? Math.Round(direct is null ? moment.ChargerKw * AlternatingEfficiency : moment.ChargerKw, 2) : 0));
        yield return (Field.ChargerVoltage, isDrawing && alternating is not null ? Number(alternating.Volts) : Number(2));
        yield return (Field.ChargeAmps, Number(isDrawing && alternating is not null ? alternating.Amps : 0));
        yield return (Field.ChargerPhases, Whole(isDrawing && alternating is not null ? alternating.Phases : 0));
        yield return (Field.ChargeLimitSoc, Whole(moment.LimitPercent));
        yield return (Field.TimeToFullCharge, Number(Math.Round(moment.HoursToFull, 1)));
        yield return (Field.FastChargerPresent, new TelemetryValue.Flag(direct is not null));
        yield return (Field.FastChargerType, moment.Charger switch
        {
            Charger.Alternating => Code(40, 4),
            Charger.Direct { Brand: "Tesla" } => Code(40, 1),
            Charger.Direct => Code(40, 5),
            _ => TelemetryValue.Invalid.Instance,
        });
        yield return (Field.ChargingCableType, moment.Charger is null ? TelemetryValue.Invalid.Instance : Code(41, 1));
        yield return (Field.ChargePortDoorOpen, new TelemetryValue.Flag(moment.Charger is not null));
        yield return (Field.InsideTemp, Number(moment.InsideTemp));
        yield return (Field.OutsideTemp, Number(moment.OutsideTemp));
        yield return (Field.HvacPower, Code(38, moment.Climate ? 2 : 1));
        yield return (Field.HvacFanStatus, Whole(moment.Climate ? 3 : 0));
        yield return (Field.HvacLeftTemperatureRequest, Number(20.5));
        yield return (Field.HvacRightTemperatureRequest, Number(20.5));
        yield return (Field.Locked, new TelemetryValue.Flag(moment.Locked));
        yield return (Field.SentryMode, Code(13, moment.Sentry ? 3 : 1));
        yield return (Field.DriverSeatOccupied, new TelemetryValue.Flag(moment.UserPresent));
        yield return (Field.DoorState, new TelemetryValue.Doors(moment.DriverDoorOpen, false, false, false, false, false));
        foreach (var tyre in (Field[])[Field.TpmsPressureFl, Field.TpmsPressureFr, Field.TpmsPressureRl, Field.TpmsPressureRr])
            yield return (tyre, Number(moment.Doing == Doing.Driving ? 3.0 : 2.9));
        yield return (Field.DestinationName, moment.Route is { } route ? new TelemetryValue.Text(route.To.Name) : TelemetryValue.Invalid.Instance);
        if (moment.Route is { } way)
        {
            yield return (Field.DestinationLocation, new TelemetryValue.Place(way.To.Point.Latitude, way.To.Point.Longitude));
            yield return (Field.MilesToArrival, Number(Math.Round(way.Miles, 2)));
            yield return (Field.MinutesToArrival, Number(Math.Round(way.Minutes, 2)));
        }

        yield return (Field.Version, new TelemetryValue.Text(moment.CarVersion));
        yield return (Field.SoftwareUpdateVersion, new TelemetryValue.Text(moment.UpdateVersion.Length > 0 ? moment.UpdateVersion : " "));
        yield return (Field.SoftwareUpdateDownloadPercentComplete, Whole(moment.DownloadPercent));
        yield return (Field.SoftwareUpdateInstallationPercentComplete,
            Whole(moment.UpdateStatus == "installing" ? Math.Max(30, moment.InstallPercent) : 1));
        yield return (Field.VehicleName, new TelemetryValue.Text(life.Car.Name));
    }

    static TelemetryValue.Number Number(double value) => TelemetryValue.Number.Of(value);

    static TelemetryValue.Number Whole(int value) => TelemetryValue.Number.Of(value);

    static TelemetryValue.Code Code(int kind, int value) => new(kind, value);
}
