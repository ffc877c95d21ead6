using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles;

/// <summary>
/// Everything known about one car at one moment (spec vehicle 15). A missing section of the last answer makes its members null.
/// </summary>
public sealed record Summary
{
    public required Car Car { get; init; }

    public required VehicleStateName State { get; init; }

    /// <summary>Neither of the car's two error counters has tripped.</summary>
    public required bool Healthy { get; init; }

    /// <summary>
    /// The values come from the database, as far as it has any, because the car has sent none yet (spec vehicle 5.6). <see cref="ShiftState"/>,
    /// <see cref="ChargeEnergyAdded"/>, <see cref="ChargerActualCurrent"/>, <see cref="ChargerPhases"/>, <see cref="ChargerPower"/>,
    /// <see cref="ChargerVoltage"/>, <see cref="ChargePortDoorOpen"/>, <see cref="PluggedIn"/>, <see cref="ScheduledChargingStartTime"/> and
    /// <see cref="TimeToFullCharge"/> are then unknown: they are null here, but a consumer keeps what it has.
    /// </summary>
    public bool IsRestored { get; init; }

    /// <summary>The name the last answer gave; not the stored one.</summary>
    public string? DisplayName { get; init; }

    /// <summary>When <see cref="State"/> began, UTC.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>
    /// When the car said what is told here, UTC: by its own clock where it tells the time, else when it was heard. Null while nothing was heard.
    /// </summary>
    public DateTimeOffset? DataAt { get; init; }

    // Identity as stored, null while the car was never seen online.
    public string? Model => Car.Model;

    public string? TrimBadging => Car.TrimBadging;

    public string? ExteriorColor => Car.ExteriorColor;

    public string? WheelType => Car.WheelType;

    public string? SpoilerType => Car.SpoilerType;

    /// <summary>Metres above sea level, from the last streamed sample.</summary>
    public int? Elevation { get; init; }

    public SummaryGeofence? Geofence { get; init; }

    /// <summary>Degrees.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees.</summary>
    public double? Longitude { get; init; }

    /// <summary>Degrees, 0 to 359.</summary>
    public int? Heading { get; init; }

    /// <summary>kW, negative while energy flows into the battery.</summary>
    public int? Power { get; init; }

    /// <summary>km/h.</summary>
    public int? Speed { get; init; }

    /// <summary><c>P</c>, <c>D</c>, <c>N</c>, <c>R</c>, whatever else Tesla sends, or null.</summary>
    public string? ShiftState { get; init; }

    public string? ActiveRouteDestination { get; init; }

    /// <summary>Degrees.</summary>
    public double? ActiveRouteLatitude { get; init; }

    /// <summary>Degrees.</summary>
    public double? ActiveRouteLongitude { get; init; }

    /// <summary>Per cent.</summary>
    public int? ActiveRouteEnergyAtArrival { get; init; }

    /// <summary>Miles: the one distance that is passed on unconverted.</summary>
    public ApiNumber? ActiveRouteMilesToArrival { get; init; }

    public ApiNumber? ActiveRouteMinutesToArrival { get; init; }

    /// <summary>Minutes.</summary>
    public ApiNumber? ActiveRouteTrafficMinutesDelay { get; init; }

    /// <summary>Per cent.</summary>
    public int? BatteryLevel { get; init; }

    /// <summary>Per cent.</summary>
    public int? UsableBatteryLevel { get; init; }

    /// <summary>For example <c>Charging</c>, <c>Complete</c>, <c>Disconnected</c>.</summary>
    public string? ChargingState { get; init; }

    /// <summary>Ampere.</summary>
    public int? ChargeCurrentRequest { get; init; }

    /// <summary>Ampere.</summary>
    public int? ChargeCurrentRequestMax { get; init; }

    /// <summary>kWh since the session began.</summary>
    public ApiNumber? ChargeEnergyAdded { get; init; }

    /// <summary>Per cent.</summary>
    public int? ChargeLimitSoc { get; init; }

    public bool? ChargePortDoorOpen { get; init; }

    /// <summary>Ampere.</summary>
    public int? ChargerActualCurrent { get; init; }

    public int? ChargerPhases { get; init; }

    /// <summary>kW.</summary>
    public int? ChargerPower { get; init; }

    /// <summary>Volt.</summary>
    public int? ChargerVoltage { get; init; }

    /// <summary>Whether the car takes the station for a fast charger (DC).</summary>
    public bool? FastChargerPresent { get; init; }

    /// <summary>Hours.</summary>
    public ApiNumber? TimeToFullCharge { get; init; }

    /// <summary>Two decimals.</summary>
    public double? IdealBatteryRangeKm { get; init; }

    /// <summary>Two decimals.</summary>
    public double? EstBatteryRangeKm { get; init; }

    /// <summary>Two decimals.</summary>
    public double? RatedBatteryRangeKm { get; init; }

    public DateTimeOffset? ScheduledChargingStartTime { get; init; }

    public bool? PluggedIn { get; init; }

    public bool? IsClimateOn { get; init; }

    public bool? IsPreconditioning { get; init; }

    /// <summary><c>off</c>, <c>on</c>, <c>dog</c>, <c>camp</c>.</summary>
    public string? ClimateKeeperMode { get; init; }

    /// <summary>Degrees Celsius.</summary>
    public ApiNumber? OutsideTemp { get; init; }

    /// <summary>Degrees Celsius.</summary>
    public ApiNumber? InsideTemp { get; init; }

    /// <summary>km, two decimals.</summary>
    public double? OdometerKm { get; init; }

    public bool? Locked { get; init; }

    public bool? SentryMode { get; init; }

    public bool? ServiceMode { get; init; }

    public bool? IsUserPresent { get; init; }

    public int? CenterDisplayState { get; init; }

    public string? SunRoofState { get; init; }

    /// <summary>Per cent.</summary>
    public int? SunRoofPercentOpen { get; init; }

    public bool? SunRoofInstalled { get; init; }

    /// <summary>Bar.</summary>
    public ApiNumber? TpmsPressureFl { get; init; }

    /// <summary>Bar.</summary>
    public ApiNumber? TpmsPressureFr { get; init; }

    /// <summary>Bar.</summary>
    public ApiNumber? TpmsPressureRl { get; init; }

    /// <summary>Bar.</summary>
    public ApiNumber? TpmsPressureRr { get; init; }

    public bool? TpmsSoftWarningFl { get; init; }

    public bool? TpmsSoftWarningFr { get; init; }

    public bool? TpmsSoftWarningRl { get; init; }

    public bool? TpmsSoftWarningRr { get; init; }

    public bool? DriverFrontWindowOpen { get; init; }

    public bool? DriverRearWindowOpen { get; init; }

    public bool? PassengerFrontWindowOpen { get; init; }

    public bool? PassengerRearWindowOpen { get; init; }

    public bool? WindowsOpen { get; init; }

    public bool? DriverFrontDoorOpen { get; init; }

    public bool? DriverRearDoorOpen { get; init; }

    public bool? PassengerFrontDoorOpen { get; init; }

    public bool? PassengerRearDoorOpen { get; init; }

    public bool? DoorsOpen { get; init; }

    public bool? TrunkOpen { get; init; }

    public bool? FrunkOpen { get; init; }

    /// <summary>Installed firmware, without the build hash.</summary>
    public string? Version { get; init; }

    /// <summary>
    /// Raw status of the software update: empty, <c>available</c>, <c>downloading</c>, <c>downloading_wifi_wait</c>, <c>scheduled</c>,
    /// <c>installing</c>.
    /// </summary>
    public string? UpdateStatus { get; init; }

    public bool? UpdateAvailable { get; init; }

    /// <summary>Offered firmware, without the build hash.</summary>
    public string? UpdateVersion { get; init; }

    /// <summary>Per cent.</summary>
    public int? DownloadPerc { get; init; }

    /// <summary>Per cent.</summary>
    public int? InstallPerc { get; init; }
}

/// <summary>The geofence that a car's last located position lies in.</summary>
public sealed record SummaryGeofence(int Id, string Name);
