using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Vehicles;

/// <summary>A car as it is shown and published (spec vehicle 15).</summary>
static class SummaryBuilder
{
    public static Summary Build(Vehicle vehicle, DateTimeOffset now)
    {
        var state = StateOf(vehicle);
        var summary = new Summary { Car = vehicle.Car, State = state, Healthy = vehicle.IsHealthy(now) };
        var isHeard = Shown(vehicle) is not null;
        if ((Shown(vehicle) ?? Restoring.Stored(vehicle)) is not { } data)
            return summary;

        var (drive, charge, climate, body) = (data.DriveState, data.ChargeState, data.ClimateState, data.VehicleState);
        return new Summary
        {
            Car = vehicle.Car,
            State = state,
            Healthy = summary.Healthy,
            IsRestored = !isHeard || vehicle.IsRestored,
            DisplayName = data.Name,
            Since = isHeard ? vehicle.Since : null,
            DataAt = vehicle.Telemetry is { Leads: true, LastData: { } sent } ? sent
                : !isHeard || vehicle.IsRestored ? null : drive?.Timestamp ?? vehicle.LastFullAnswer,
            // The last word of a stream that was switched off since is of another place.
            Elevation = vehicle.Car.Settings.UseStreamingApi ? vehicle.Elevation ?? vehicle.TerrainM : vehicle.TerrainM ?? vehicle.Elevation,
            Geofence = vehicle.Geofence,

            Latitude = drive?.Latitude,
            Longitude = drive?.Longitude,
            Heading = drive?.Heading,
            Power = drive?.Power,
            Speed = Conversions.KmH(drive),
            ShiftState = drive?.ShiftState.Letter,
            ActiveRouteDestination = drive?.ActiveRouteDestination,
            ActiveRouteLatitude = drive?.ActiveRouteLatitude,
            ActiveRouteLongitude = drive?.ActiveRouteLongitude,
            ActiveRouteEnergyAtArrival = drive?.ActiveRouteEnergyAtArrival,
            ActiveRouteMilesToArrival = drive?.ActiveRouteMilesToArrival,
            ActiveRouteMinutesToArrival = drive?.ActiveRouteMinutesToArrival,
            ActiveRouteTrafficMinutesDelay = drive?.ActiveRouteTrafficMinutesDelay,

            BatteryLevel = charge?.BatteryLevel,
            UsableBatteryLevel = charge?.UsableBatteryLevel,
            ChargingState = charge?.ChargingState,
            ChargeCurrentRequest = charge?.ChargeCurrentRequest,
            ChargeCurrentRequestMax = charge?.ChargeCurrentRequestMax,
            ChargeEnergyAdded = charge?.ChargeEnergyAdded,
            ChargeLimitSoc = charge?.ChargeLimitSoc,
            ChargePortDoorOpen = charge?.ChargePortDoorOpen,
            ChargerActualCurrent = charge?.ChargerActualCurrent,
            ChargerPhases = charge?.ChargerPhases,
            ChargerPower = charge?.ChargerPower,
            ChargerVoltage = charge?.ChargerVoltage,
            FastChargerPresent = charge?.FastChargerPresent,
            TimeToFullCharge = charge?.TimeToFullCharge,
            IdealBatteryRangeKm = Conversions.Kilometres(charge?.IdealBatteryRange, decimals: 2),
            EstBatteryRangeKm = Conversions.Kilometres(charge?.EstBatteryRange, decimals: 2),
            RatedBatteryRangeKm = Conversions.Kilometres(charge?.BatteryRange, decimals: 2),
            ScheduledChargingStartTime = charge?.ScheduledChargingStartTime,
            PluggedIn = charge is null || !isHeard || vehicle.IsRestored ? null : charge.ChargingState != "Disconnected",

            IsClimateOn = climate?.IsClimateOn,
            IsPreconditioning = climate?.IsPreconditioning,
            ClimateKeeperMode = climate?.ClimateKeeperMode,
            OutsideTemp = climate?.OutsideTemp,
            InsideTemp = climate?.InsideTemp,

            OdometerKm = Conversions.Kilometres(body?.OdometerMiles, decimals: 2),
            Locked = body?.Locked,
            SentryMode = body?.SentryMode,
            ServiceMode = body?.ServiceMode,
            IsUserPresent = body?.IsUserPresent,
            CenterDisplayState = body?.CenterDisplayState,
            SunRoofState = body?.SunRoofState,
            SunRoofPercentOpen = body?.SunRoofPercentOpen,
            SunRoofInstalled = data.VehicleConfig?.SunRoofInstalled > 0 ? true : data.VehicleConfig?.SunRoofInstalled is null ? null : false,
            TpmsPressureFl = body?.TpmsPressureFl,
            TpmsPressureFr = body?.TpmsPressureFr,
            TpmsPressureRl = body?.TpmsPressureRl,
            TpmsPressureRr = body?.TpmsPressureRr,
            TpmsSoftWarningFl = body?.TpmsSoftWarningFl,
            TpmsSoftWarningFr = body?.TpmsSoftWarningFr,
            TpmsSoftWarningRl = body?.TpmsSoftWarningRl,
            TpmsSoftWarningRr = body?.TpmsSoftWarningRr,
            DriverFrontWindowOpen = IsOpen(body?.FdWindow),
            DriverRearWindowOpen = IsOpen(body?.RdWindow),
            PassengerFrontWindowOpen = IsOpen(body?.FpWindow),
            PassengerRearWindowOpen = IsOpen(body?.RpWindow),
            WindowsOpen = AnyOpen(body?.FdWindow, body?.RdWindow, body?.FpWindow, body?.RpWindow),
            DriverFrontDoorOpen = IsOpen(body?.Df),
            DriverRearDoorOpen = IsOpen(body?.Dr),
            PassengerFrontDoorOpen = IsOpen(body?.Pf),
            PassengerRearDoorOpen = IsOpen(body?.Pr),
            DoorsOpen = AnyOpen(body?.Df, body?.Dr, body?.Pf, body?.Pr),
            TrunkOpen = IsOpen(body?.Rt),
            FrunkOpen = IsOpen(body?.Ft),

            Version = FirstWord.Of(body?.CarVersion),
            UpdateStatus = body?.SoftwareUpdate?.Status,
            UpdateAvailable = body?.SoftwareUpdate?.Status is { } status
                ? status is "available" or "downloading" or "downloading_wifi_wait" or "scheduled" or "installing"
                : null,
            UpdateVersion = FirstWord.Of(body?.SoftwareUpdate?.Version),
            DownloadPerc = body?.SoftwareUpdate?.DownloadPerc,
            InstallPerc = body?.SoftwareUpdate?.InstallPerc,
        };
    }

    /// <summary>A car as consumers get it: as long as it has said nothing, they are told so, and keep what they have.</summary>
    public static Summary ToPublish(Vehicle vehicle, DateTimeOffset now) =>
        Build(vehicle, now) is var summary && Shown(vehicle) is null ? summary with { IsRestored = true } : summary;

    /// <summary>A car that streams is shown as it is now; its rows follow in order.</summary>
    static VehicleData? Shown(Vehicle vehicle) => vehicle.Telemetry is { Leads: true, Shown: { } shown } ? shown : vehicle.LastResponse;

    public static VehicleStateName StateOf(Vehicle vehicle) => vehicle.Phase switch
    {
        VehiclePhase.Start => vehicle.LastResponse is null ? VehicleStateName.Unavailable : VehicleStateName.Start,
        VehiclePhase.Online => VehicleStateName.Online,
        VehiclePhase.Asleep => VehicleStateName.Asleep,
        VehiclePhase.Offline => VehicleStateName.Offline,
        VehiclePhase.Suspended => VehicleStateName.Suspended,
        VehiclePhase.Driving { Contact: Contact.Lost } => VehicleStateName.Offline,
        VehiclePhase.Driving => VehicleStateName.Driving,
        VehiclePhase.Charging => VehicleStateName.Charging,
        VehiclePhase.Updating => VehicleStateName.Updating,
        _ => throw new System.Diagnostics.UnreachableException($"no name for {vehicle.Phase}"),
    };

    static bool? IsOpen(int? value) => value is null ? null : value > 0;

    static bool? AnyOpen(int? a, int? b, int? c, int? d)
        => a is null || b is null || c is null || d is null ? null : a > 0 || b > 0 || c > 0 || d > 0;
}
