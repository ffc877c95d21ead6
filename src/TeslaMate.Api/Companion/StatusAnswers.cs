using System.Text.Json.Serialization;

namespace TeslaMate.Api.Companion;

// A car as it is now (spec api 1.11). Nothing here is ever null: what is not known is 0, "" or false.

sealed record StatusData(CarName Car, CompanionStatus Status, UnitNames Units);

sealed record CompanionStatus(
    string DisplayName, string State, LocalDate StateSince, double Odometer, CarState CarStatus, StatusCarDetails CarDetails, CarExterior CarExterior,
    CarGeodata CarGeodata,
    CarVersions CarVersions, DrivingDetails DrivingDetails, ClimateDetails ClimateDetails, BatteryState BatteryDetails, ChargingState ChargingDetails,
    TpmsDetails TpmsDetails);

sealed record CarState(
    bool Healthy, bool Locked, bool SentryMode, bool WindowsOpen, bool DoorsOpen, bool DriverFrontDoorOpen, bool DriverRearDoorOpen,
    bool PassengerFrontDoorOpen,
    bool PassengerRearDoorOpen, bool TrunkOpen, bool FrunkOpen, bool IsUserPresent, int CenterDisplayState);

sealed record StatusCarDetails(string Model, string TrimBadging);

sealed record CarGeodata(string Geofence, GeoLocation Location, double Latitude, double Longitude);

sealed record GeoLocation(double Latitude, double Longitude);

sealed record CarVersions(string Version, bool UpdateAvailable, string UpdateVersion);

sealed record DrivingDetails(
    ActiveRoute ActiveRoute, string ActiveRouteDestination, double ActiveRouteLatitude, double ActiveRouteLongitude, string ShiftState, int Power,
    int Speed, int Heading,
    int Elevation);

/// <param name="Destination">Empty without a route.</param>
/// <param name="EnergyAtArrival">Per cent.</param>
/// <param name="DistanceToArrival">In the unit of length.</param>
/// <param name="MinutesToArrival">Minutes.</param>
/// <param name="TrafficMinutesDelay">Minutes.</param>
/// <param name="Location">Of the destination.</param>
sealed record ActiveRoute(
    string Destination, int EnergyAtArrival, double DistanceToArrival, double MinutesToArrival, double TrafficMinutesDelay, GeoLocation Location);

sealed record ClimateDetails(bool IsClimateOn, double InsideTemp, double OutsideTemp, bool IsPreconditioning, string ClimateKeeperMode);

sealed record BatteryState(double EstBatteryRange, double RatedBatteryRange, double IdealBatteryRange, int BatteryLevel, int UsableBatteryLevel);

/// <param name="PluggedIn">Whether a cable is in.</param>
/// <param name="ChargingStateName">In lower case, such as <c>charging</c>.</param>
/// <param name="ChargeEnergyAdded">kWh.</param>
/// <param name="ChargeLimitSoc">Per cent.</param>
/// <param name="ChargePortDoorOpen">Whether the port is open.</param>
/// <param name="ChargerActualCurrent">Ampere.</param>
/// <param name="ChargerPhases">As the car says it; 0 for DC.</param>
/// <param name="ChargerPower">kW.</param>
/// <param name="ChargerVoltage">Volt.</param>
/// <param name="ChargeCurrentRequest">Ampere.</param>
/// <param name="ChargeCurrentRequestMax">Ampere.</param>
/// <param name="ScheduledChargingStartTime">In the installation's zone.</param>
/// <param name="TimeToFullCharge">Hours.</param>
sealed record ChargingState(
    bool PluggedIn, [property: JsonPropertyName("charging_state")] string ChargingStateName, double ChargeEnergyAdded, int ChargeLimitSoc,
    bool ChargePortDoorOpen,
    int ChargerActualCurrent, int ChargerPhases, int ChargerPower, int ChargerVoltage, int ChargeCurrentRequest, int ChargeCurrentRequestMax,
    LocalDate ScheduledChargingStartTime, double TimeToFullCharge);

sealed record TpmsDetails(
    double TpmsPressureFl, double TpmsPressureFr, double TpmsPressureRl, double TpmsPressureRr, bool TpmsSoftWarningFl, bool TpmsSoftWarningFr,
    bool TpmsSoftWarningRl,
    bool TpmsSoftWarningRr);
