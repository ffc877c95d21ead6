using System.Text.Json.Serialization;

namespace TeslaMate.Api.Companion;

// The answers of the companion API (spec api 1.5 to 1.12), in the order of their members. A member that is null here is one of which nothing is
// known; members that apps read as 0 or "" then are not nullable.

/// <summary>What every answer but failures is in.</summary>
/// <typeparam name="T">What the route tells.</typeparam>
sealed record Answer<T>(T Data);

/// <summary>A failure; also of what is asked for in vain, with status 200 (spec api 1.2).</summary>
sealed record ErrorAnswer(string Error);

/// <summary>That something is there.</summary>
sealed record MessageAnswer(string Message, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Path = null);

/// <summary>How it is.</summary>
sealed record StateAnswer(string Status);

/// <summary>A route that is not there.</summary>
sealed record NoPageAnswer(string Code, string Message);

/// <summary>Which car an answer is of.</summary>
/// <param name="CarId">As in the path.</param>
/// <param name="Name">Empty for none.</param>
sealed record CarName(long CarId, [property: JsonPropertyName("car_name")] string Name);

/// <summary>The units of an answer's numbers.</summary>
/// <param name="UnitOfLength"><c>km</c> or <c>mi</c>.</param>
/// <param name="UnitOfPressure"><c>bar</c> or <c>psi</c>; only where there are pressures.</param>
/// <param name="UnitOfTemperature"><c>C</c> or <c>F</c>.</param>
sealed record UnitNames(
    string UnitOfLength, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? UnitOfPressure, string UnitOfTemperature);

sealed record CarsData(IReadOnlyList<CompanionCar> Cars);

sealed record CompanionCar(
    int CarId, string Name, CompanionCarDetails CarDetails, CarExterior CarExterior, CompanionCarSettings CarSettings, RowDates TeslamateDetails,
    CarCounts TeslamateStats);

/// <param name="Eid">Tesla's number in request paths.</param>
/// <param name="Vid">Tesla's number of the vehicle.</param>
/// <param name="Vin">Vehicle identification number.</param>
/// <param name="Model"><c>S</c>, <c>3</c>, <c>X</c>, <c>Y</c>.</param>
/// <param name="TrimBadging">Such as <c>74D</c>.</param>
/// <param name="Efficiency">kWh per kilometre, in every unit of length.</param>
sealed record CompanionCarDetails(long Eid, long Vid, string Vin, string Model, string TrimBadging, double? Efficiency);

sealed record CarExterior(string ExteriorColor, string SpoilerType, string WheelType);

sealed record CompanionCarSettings(int? SuspendMin, int? SuspendAfterIdleMin, bool? ReqNotUnlocked, bool? FreeSupercharging, bool? UseStreamingApi);

sealed record RowDates(LocalDate InsertedAt, LocalDate UpdatedAt);

sealed record CarCounts(long TotalCharges, long TotalDrives, long TotalUpdates);

sealed record DrivesData(CarName Car, IAsyncEnumerable<CompanionDrive> Drives, UnitNames Units);

sealed record DriveData(CarName Car, CompanionDrive Drive, UnitNames Units);

/// <param name="DriveId">Its number.</param>
/// <param name="StartDate">In the installation's zone.</param>
/// <param name="EndDate">In the installation's zone.</param>
/// <param name="StartAddress">Empty where it is not known.</param>
/// <param name="EndAddress">Empty where it is not known.</param>
/// <param name="OdometerDetails">In the unit of length.</param>
/// <param name="DurationMin">Minutes.</param>
/// <param name="DurationStr">Hours and minutes.</param>
/// <param name="SpeedMax">Unit of length an hour, cut.</param>
/// <param name="SpeedAvg">Unit of length an hour; 0 where it is not known.</param>
/// <param name="PowerMax">kW.</param>
/// <param name="PowerMin">kW.</param>
/// <param name="BatteryDetails">Levels at both ends.</param>
/// <param name="RangeIdeal">In the unit of length.</param>
/// <param name="RangeRated">In the unit of length.</param>
/// <param name="OutsideTempAvg">In the unit of temperature.</param>
/// <param name="InsideTempAvg">In the unit of temperature.</param>
/// <param name="EnergyConsumedNet">kWh; null unless the range fell.</param>
/// <param name="ConsumptionNet">Wh per unit of length; null for a drive that is too short to tell.</param>
sealed record CompanionDrive(
    int DriveId, LocalDate StartDate, LocalDate EndDate, string StartAddress, string EndAddress, OdometerDetails OdometerDetails, int? DurationMin,
    string? DurationStr, int? SpeedMax, double SpeedAvg, int? PowerMax, int? PowerMin, DriveBattery BatteryDetails, RangeLost RangeIdeal,
    RangeLost RangeRated,
    double? OutsideTempAvg, double? InsideTempAvg, double? EnergyConsumedNet, double? ConsumptionNet)
{
    /// <summary>The positions; only where one drive is asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IAsyncEnumerable<DriveDetail>? DriveDetails { get; init; }
}

sealed record OdometerDetails(double? OdometerStart, double? OdometerEnd, double? OdometerDistance);

/// <param name="StartUsableBatteryLevel">Per cent.</param>
/// <param name="StartBatteryLevel">Per cent.</param>
/// <param name="EndUsableBatteryLevel">Per cent.</param>
/// <param name="EndBatteryLevel">Per cent.</param>
/// <param name="ReducedRange">Whether cold kept part of the battery from use.</param>
/// <param name="IsSufficientlyPrecise">Whether a consumption can be told.</param>
sealed record DriveBattery(
    int? StartUsableBatteryLevel, int? StartBatteryLevel, int? EndUsableBatteryLevel, int? EndBatteryLevel, bool ReducedRange,
    bool IsSufficientlyPrecise);

sealed record RangeLost(double? StartRange, double? EndRange, double RangeDiff);

sealed record DriveDetail(
    int DetailId, LocalDate Date, double Latitude, double Longitude, int Speed, int? Power, double? Odometer, int? BatteryLevel,
    int? UsableBatteryLevel, int? Elevation,
    ClimateInfo ClimateInfo, DriveBatteryInfo BatteryInfo);

sealed record ClimateInfo(
    double? InsideTemp, double? OutsideTemp, bool? IsClimateOn, int? FanStatus, double? DriverTempSetting, double? PassengerTempSetting,
    bool? IsRearDefrosterOn,
    bool? IsFrontDefrosterOn);

sealed record DriveBatteryInfo(
    double? EstBatteryRange, double? IdealBatteryRange, double? RatedBatteryRange, bool? BatteryHeater, bool? BatteryHeaterOn,
    bool? BatteryHeaterNoPower);

sealed record ChargesData(CarName Car, IAsyncEnumerable<CompanionCharge> Charges, UnitNames Units);

sealed record ChargeData(CarName Car, CompanionCharge Charge, UnitNames Units);

sealed record CompanionCharge(
    int ChargeId, LocalDate StartDate, LocalDate EndDate, string Address, double ChargeEnergyAdded, double ChargeEnergyUsed, double Cost,
    int? DurationMin,
    string? DurationStr, ChargeBattery BatteryDetails, RangeEnds RangeIdeal, RangeEnds RangeRated, double? OutsideTempAvg, double? Odometer,
    double? Latitude, double? Longitude)
{
    /// <summary>The readings; only where one charge is asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IAsyncEnumerable<ChargeDetail>? ChargeDetails { get; init; }
}

sealed record ChargeBattery(int? StartBatteryLevel, int? EndBatteryLevel);

sealed record RangeEnds(double? StartRange, double? EndRange);

sealed record ChargeDetail(
    int DetailId, LocalDate Date, int? BatteryLevel, int? UsableBatteryLevel, double ChargeEnergyAdded, bool? NotEnoughPowerToHeat,
    ChargerDetails ChargerDetails,
    ChargeBatteryInfo BatteryInfo, string? ConnChargeCable, FastChargerInfo FastChargerInfo, double? OutsideTemp);

/// <param name="ChargerActualCurrent">Ampere.</param>
/// <param name="ChargerPhases">As stored (2 for three); of a charge under way 1 or 3, and 0 for DC.</param>
/// <param name="ChargerPilotCurrent">Ampere.</param>
/// <param name="ChargerPower">kW.</param>
/// <param name="ChargerVoltage">Volt.</param>
sealed record ChargerDetails(int ChargerActualCurrent, int ChargerPhases, int ChargerPilotCurrent, int ChargerPower, int ChargerVoltage);

sealed record ChargeBatteryInfo(double? IdealBatteryRange, double? RatedBatteryRange, bool? BatteryHeater, bool? BatteryHeaterOn,
    bool? BatteryHeaterNoPower);

sealed record FastChargerInfo(bool? FastChargerPresent, string FastChargerBrand, string? FastChargerType);

sealed record CurrentChargeData(CarName Car, CurrentCharge Charge, UnitNames Units);

sealed record CurrentCharge(
    int ChargeId, LocalDate StartDate, bool IsCharging, string Address, double ChargeEnergyAdded, double Cost, int DurationMin, string DurationStr,
    CurrentBattery BatteryDetails, RangeAdded RatedRange, double OutsideTempAvg, double Odometer, IReadOnlyList<CurrentDetail> ChargeDetails);

sealed record CurrentBattery(int StartBatteryLevel, int CurrentBatteryLevel);

sealed record RangeAdded(double StartRange, double CurrentRange, double AddedRange);

sealed record CurrentDetail(
    int DetailId, LocalDate Date, int BatteryLevel, int UsableBatteryLevel, double ChargeEnergyAdded, bool? NotEnoughPowerToHeat,
    ChargerDetails ChargerDetails,
    CurrentBatteryInfo BatteryInfo, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ConnChargeCable,
    CurrentFastCharger FastChargerInfo,
    double OutsideTemp);

sealed record CurrentBatteryInfo(double RatedBatteryRange, bool? BatteryHeater, bool? BatteryHeaterOn, bool? BatteryHeaterNoPower);

sealed record CurrentFastCharger(
    bool? FastChargerPresent, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? FastChargerBrand,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? FastChargerType);

sealed record BatteryHealthData(CarName Car, BatteryHealth BatteryHealth, UnitNames Units);

/// <param name="MaxRange">In the unit of length.</param>
/// <param name="CurrentRange">In the unit of length.</param>
/// <param name="MaxCapacity">kWh.</param>
/// <param name="CurrentCapacity">kWh.</param>
/// <param name="RatedEfficiency">kWh per 100 km, in every unit of length.</param>
/// <param name="BatteryHealthPercentage">Per cent; 0 where it is not known.</param>
sealed record BatteryHealth(double MaxRange, double CurrentRange, double MaxCapacity, double CurrentCapacity, double RatedEfficiency,
    double BatteryHealthPercentage);

sealed record UpdatesData(CarName Car, IAsyncEnumerable<CompanionUpdate> Updates);

sealed record CompanionUpdate(int UpdateId, LocalDate StartDate, LocalDate EndDate, string Version);

sealed record SettingsData(CompanionSettings Settings);

sealed record CompanionSettings(long SettingId, RowDates AccountInfo, SettingUnits TeslamateUnits, SettingPages TeslamateWebgui,
    SettingAddresses TeslamateUrls);

sealed record SettingUnits(string UnitOfLength, string UnitOfTemperature, string UnitOfPressure);

sealed record SettingPages(string PreferredRange, string Language, string ThemeMode);

sealed record SettingAddresses(string BaseUrl, string GrafanaUrl);

sealed record LoggingAnswer(IReadOnlyList<string> EnabledCommands);
