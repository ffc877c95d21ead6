using TeslaMate.Telemetry.Records;
using TeslaMate.Telemetry.Wire.Generated;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Telemetry.Pipeline;

/// <summary>
/// A snapshot as an answer of Tesla's API (spec fleet-telemetry 3.2), so that the rules of rows and the summary are one for all cars. Units do not
/// follow the car's display settings: miles, degrees C, bar, kW, kWh.
/// </summary>
static class Projection
{
    // Some cars say so when they know no ideal range.
    const double NoIdealRange = 900;

    static readonly Version DoorsSwapped = new(2024, 44, 32);
    static readonly Version InstalledVersion = new(2024, 44);

    static readonly HashSet<int> ChargeFields =
    [
        (int)Field.DcchargingEnergyIn, (int)Field.AcchargingEnergyIn, (int)Field.DcchargingPower, (int)Field.AcchargingPower, (int)Field.Soc,
        (int)Field.BatteryLevel,
        (int)Field.ChargeAmps,
    ];

    /// <summary>A record that was just applied, as the machine takes it.</summary>
    /// <param name="changed">The fields that it changed.</param>
    /// <param name="isLate">It is older than what was applied before.</param>
    public static TelemetryReading Of(Snapshot snapshot, TelemetryRecord.Data record, DateTimeOffset carTime, IReadOnlySet<int> changed, bool isLate,
        TimeZoneInfo zone)
    {
        var own = record.Values.Where(datum => datum.Value is not null).GroupBy(datum => datum.Field).ToDictionary(group => group.Key,
            group => group.Last().Value!);
        var place = Own(Field.Location) is { } value && FieldRule.Of((int)Field.Location).Judge(value) is { } sound ? Reading.Place(sound) : null;
        var speed = Reading.Number(FieldRule.Of((int)Field.VehicleSpeed).Judge(Own(Field.VehicleSpeed) ?? TelemetryValue.Unknown.Instance));
        var data = Data(snapshot, carTime, zone,
            isClosing: Own(Field.Gear) is not null && Own(Field.PackCurrent) is not null && Gear(snapshot, carTime) is null or ShiftState.P);
        if (isLate)
        {
            data = data with
            {
                DriveState = data.DriveState! with
                {
                    Latitude = Round(place?.Latitude),
                    Longitude = Round(place?.Longitude),
                    Speed = Whole(speed),
                    ExactSpeed = speed
                },
            };
        }

        var (hasAlternating, hasDirect) = (Power(snapshot, Field.AcchargingPower, carTime), Power(snapshot, Field.DcchargingPower, carTime));
        var isDirect = IsDirect(snapshot, carTime);
        return new TelemetryReading
        {
            CarTime = carTime,
            Data = data,
            IsResent = record.IsResend,
            IsLate = isLate,
            HasPlace = place is not null,
            HasMotion = Own(Field.VehicleSpeed) is not null || Own(Field.PackCurrent) is not null || Own(Field.Odometer) is not null,
            HasVersion = Own(Field.Version) is not null && data.VehicleState?.CarVersion is not null,
            SpeedMph = speed,
            HasSpeed = Own(Field.VehicleSpeed) is not null and not TelemetryValue.Unknown,
            IsGearKnown = snapshot.Find(Field.Gear) is not null,
            IsParked = Own(Field.Gear) is not null && Gear(snapshot, carTime) is ShiftState.P,
            Charge = new ChargeFacts(
                IsStateKnown: snapshot.Find(Field.DetailedChargeState) is not null,
                PowerKw: isDirect ? hasDirect : hasAlternating ?? hasDirect,
                IsChanged: changed.Overlaps(ChargeFields),
                isDirect,
                UsedKwh: !isDirect && snapshot.Counter(Field.AcchargingEnergyIn) is { } counter && counter >= snapshot.AcBaseKwh
                    ? Math.Round(counter - snapshot.AcBaseKwh, 2) : null),
        };

        TelemetryValue? Own(Field field) => own.GetValueOrDefault((int)field);
    }

    /// <summary>The snapshot as pages and topics show it.</summary>
    public static VehicleData Shown(Snapshot snapshot, DateTimeOffset at, TimeZoneInfo zone) => Data(snapshot, at, zone, isClosing: false);

    static VehicleData Data(Snapshot snapshot, DateTimeOffset at, TimeZoneInfo zone, bool isClosing)
    {
        var version = Reading.Text(snapshot.Get(Field.Version, at)) is { Length: > 0 } text ? text : null;
        return new VehicleData
        {
            State = "online",
            DriveState = Drive(snapshot, at, isClosing),
            ChargeState = Charge(snapshot, at, zone),
            ClimateState = Climate(snapshot, at),
            VehicleState = State(snapshot, at, version, zone),
            VehicleConfig = new VehicleConfig
            {
                // The words of the API are in lower case.
#pragma warning disable CA1308
                CarType = Reading.Word(snapshot.Get(Field.CarType, at), CodeKinds.CarType)?.ToLowerInvariant(),
#pragma warning restore CA1308
                ExteriorColor = NotBlank(snapshot.Get(Field.ExteriorColor, at)),
                WheelType = NotBlank(snapshot.Get(Field.WheelType, at)),
                SunRoofInstalled = Reading.Word(snapshot.Get(Field.SunroofInstalled, at), CodeKinds.SunroofInstalledState) switch
                {
                    "NotInstalled" => 0,
                    "Gen1Installed" => 1,
                    "Gen2Installed" => 2,
                    _ => null,
                },
            },
        };
    }

    static DriveState Drive(Snapshot snapshot, DateTimeOffset at, bool isClosing)
    {
        var place = Reading.Place(SinceGap(snapshot, Field.Location, at));
        var gear = Gear(snapshot, at);
        var speed = gear is ShiftState.D or ShiftState.R or ShiftState.N ? Reading.Number(SinceGap(snapshot, Field.VehicleSpeed, at)) : null;
        var voltage = Reading.Number(isClosing ? snapshot.Get(Field.PackVoltage, at) : SinceGap(snapshot, Field.PackVoltage, at));
        var current = Reading.Number(SinceGap(snapshot, Field.PackCurrent, at));
        var hasRoute = snapshot.Get(Field.DestinationName, at) is not (null or TelemetryValue.Invalid);
        var destination = hasRoute ? Reading.Place(snapshot.Get(Field.DestinationLocation, at)) : null;
        return new DriveState
        {
            Timestamp = at,
            Latitude = Round(place?.Latitude),
            Longitude = Round(place?.Longitude),
            Heading = Reading.Number(SinceGap(snapshot, Field.GpsHeading, at)) is { } heading ? (((Whole(heading) % 360) + 360) % 360) : null,
            Speed = Whole(speed),
            ExactSpeed = speed,
            Power = Whole(-voltage * current / 1000),
            ShiftState = gear,
            ActiveRouteDestination = hasRoute ? NotBlank(snapshot.Get(Field.DestinationName, at)) : null,
            ActiveRouteLatitude = destination?.Latitude,
            ActiveRouteLongitude = destination?.Longitude,
            ActiveRouteMilesToArrival = hasRoute ? Plain(snapshot.Get(Field.MilesToArrival, at)) : null,
            ActiveRouteMinutesToArrival = hasRoute ? Plain(snapshot.Get(Field.MinutesToArrival, at)) : null,
            ActiveRouteEnergyAtArrival = hasRoute ? Whole(Reading.Number(snapshot.Get(Field.ExpectedEnergyPercentAtTripArrival, at))) : null,
            ActiveRouteTrafficMinutesDelay = hasRoute ? Plain(snapshot.Get(Field.RouteTrafficMinutesDelay, at)) : null,
        };
    }

    static ChargeState Charge(Snapshot snapshot, DateTimeOffset at, TimeZoneInfo zone)
    {
        var isDirect = IsDirect(snapshot, at);
        var state = Reading.Word(snapshot.Get(Field.DetailedChargeState, at), CodeKinds.DetailedChargeState);
        var isCharging = state is null or "Starting" or "Charging";
        var power = isDirect ? Power(snapshot, Field.DcchargingPower, at) : Power(snapshot, Field.AcchargingPower, at)
            ?? Power(snapshot, Field.DcchargingPower, at);
        // Cars that have no word for it are plugged in while power flows.
        var isPlugged = state is null ? power > 0 : state != "Disconnected";
        var rated = Reading.Number(snapshot.Get(Field.RatedRange, at));
        var ideal = Reading.Number(snapshot.Get(Field.IdealBatteryRange, at));
        var soc = Whole(Reading.Number(snapshot.Get(Field.Soc, at)));
        var current = Reading.Number(snapshot.Get(Field.ChargeCurrentRequestMax, at));
        var energy = snapshot.Find(Field.DcchargingEnergyIn) is { } counter && !(counter.CarTime > at)
            ? snapshot.Counter(Field.DcchargingEnergyIn) ?? 0 : (double?)null;
        var heater = Reading.Flag(snapshot.Get(Field.BatteryHeaterOn, at));
        return new ChargeState
        {
            Timestamp = at,
            BatteryLevel = Whole(Reading.Number(snapshot.Get(Field.BatteryLevel, at))) ?? soc,
            UsableBatteryLevel = soc,
            BatteryRange = rated,
            // Without a range a charge has no rows: what a percent was worth before stands in.
            IdealBatteryRange = ideal is not (null or >= NoIdealRange) ? ideal
                : rated ?? (isPlugged ? snapshot.MilesPerPercent * Reading.Number(snapshot.Get(Field.Soc, at)) : null),
            EstBatteryRange = Reading.Number(snapshot.Get(Field.EstBatteryRange, at)),
            ChargingState = state,
            ChargeEnergyAdded = energy is { } added ? (ApiNumber)Math.Round(added, 2, MidpointRounding.AwayFromZero) : null,
            ChargerPower = isCharging ? Whole(power) : 0,
            ChargerVoltage = !isPlugged ? null
                : Whole(Reading.Number(snapshot.Get(isDirect ? Field.PackVoltage : Field.ChargerVoltage, at))),
            ChargerActualCurrent = isDirect ? 0 : Whole(Reading.Number(snapshot.Get(Field.ChargeAmps, at))),
            ChargerPilotCurrent = isDirect ? null : Whole(current),
            ChargerPhases = isDirect ? null : Whole(Reading.Number(snapshot.Get(Field.ChargerPhases, at))) is > 0 and var phases ? phases : null,
            ChargeCurrentRequest = Whole(Reading.Number(snapshot.Get(Field.ChargeCurrentRequest, at))),
            ChargeCurrentRequestMax = Whole(current),
            ChargeLimitSoc = Whole(Reading.Number(snapshot.Get(Field.ChargeLimitSoc, at))),
            ChargePortDoorOpen = Reading.Flag(snapshot.Get(Field.ChargePortDoorOpen, at)),
            TimeToFullCharge = Plain(snapshot.Get(Field.TimeToFullCharge, at)),
            ScheduledChargingStartTime = Reading.Flag(snapshot.Get(Field.ScheduledChargingPending, at)) == true
                ? WrongZone.Read(Reading.Number(snapshot.Get(Field.ScheduledChargingStartTime, at)), PlaceOf(snapshot, at), zone)
                : null,
            ConnChargeCable = Cable(snapshot, at),
            FastChargerPresent = isPlugged ? Present(snapshot, at) : null,
            FastChargerType = FastChargerType(snapshot, at) is var type && type == "Supercharger" ? "Tesla" : type,
            FastChargerBrand = FastChargerType(snapshot, at) == "Supercharger" ? "Tesla" : null,
            BatteryHeaterOn = heater,
            NotEnoughPowerToHeat = Reading.Flag(snapshot.Get(Field.NotEnoughPowerToHeat, at)),
        };
    }

    static ClimateState Climate(Snapshot snapshot, DateTimeOffset at)
    {
        var (left, right) = (Reading.Number(snapshot.Get(Field.HvacLeftTemperatureRequest, at)),
            Reading.Number(snapshot.Get(Field.HvacRightTemperatureRequest, at)));
        var isRightHand = Reading.Flag(snapshot.Get(Field.RightHandDrive)) == true;
        var power = Reading.Word(snapshot.Get(Field.HvacPower, at), CodeKinds.HvacPowerState);
        return new ClimateState
        {
            Timestamp = at,
            InsideTemp = Plain(snapshot.Get(Field.InsideTemp, at)),
            OutsideTemp = Plain(snapshot.Get(Field.OutsideTemp, at)),
            DriverTempSetting = isRightHand ? right : left,
            PassengerTempSetting = isRightHand ? left : right,
            FanStatus = Whole(Reading.Number(snapshot.Get(Field.HvacFanStatus, at))),
            IsClimateOn = power is null ? null : power is "On" or "Precondition",
            IsPreconditioning = power == "Precondition" ? true : Reading.Flag(snapshot.Get(Field.PreconditioningEnabled, at)),
            ClimateKeeperMode = Reading.Word(snapshot.Get(Field.ClimateKeeperMode, at), CodeKinds.ClimateKeeperModeState) switch
            {
                "Off" => "off",
                "On" => "on",
                "Dog" => "dog",
                "Party" => "camp",
                _ => null,
            },
            IsFrontDefrosterOn = Reading.Word(snapshot.Get(Field.DefrostMode, at), CodeKinds.DefrostModeState) is { } mode
                ? mode is "Normal" or "Max" or "AutoDefog" : null,
            IsRearDefrosterOn = Reading.Flag(snapshot.Get(Field.RearDefrostEnabled, at)),
            BatteryHeater = Reading.Flag(snapshot.Get(Field.BatteryHeaterOn, at)),
        };
    }

    static VehicleState State(Snapshot snapshot, DateTimeOffset at, string? version, TimeZoneInfo zone)
    {
        var doors = Reading.Doors(snapshot.Get(Field.DoorState, at));
        var number = NumberOf(version);
        // Before this version the car mixed two of them up.
        if (doors is not null && number < DoorsSwapped)
            doors = doors with { DriverRear = doors.PassengerFront, PassengerFront = doors.DriverRear };
        var warnings = Reading.Tires(snapshot.Get(Field.TpmsSoftWarnings, at));
        return new VehicleState
        {
            Timestamp = at,
            VehicleName = NotBlank(snapshot.Get(Field.VehicleName, at)),
            // Before this version it was the one that was offered.
            CarVersion = number >= InstalledVersion ? version : null,
            OdometerMiles = Reading.Number(snapshot.Get(Field.Odometer, at)),
            Locked = Reading.Flag(snapshot.Get(Field.Locked, at)),
            SentryMode = Reading.Word(snapshot.Get(Field.SentryMode, at), CodeKinds.SentryModeState) is { } sentry
                ? sentry is not ("Off" or "Idle") : null,
            IsUserPresent = Reading.Flag(snapshot.Get(Field.DriverSeatOccupied, at)),
            ServiceMode = Reading.Flag(snapshot.Get(Field.ServiceMode, at)),
            Df = Open(doors?.DriverFront),
            Dr = Open(doors?.DriverRear),
            Pf = Open(doors?.PassengerFront),
            Pr = Open(doors?.PassengerRear),
            Ft = Open(doors?.TrunkFront),
            Rt = Open(doors?.TrunkRear),
            FdWindow = Window(snapshot.Get(Field.FdWindow, at)),
            FpWindow = Window(snapshot.Get(Field.FpWindow, at)),
            RdWindow = Window(snapshot.Get(Field.RdWindow, at)),
            RpWindow = Window(snapshot.Get(Field.RpWindow, at)),
            CenterDisplayState = Reading.Word(snapshot.Get(Field.CenterDisplay, at), CodeKinds.DisplayState) is { } display
                ? CodeNames.NumberOf(CodeKinds.DisplayState, display) - 1
                : null,
            TpmsPressureFl = Plain(snapshot.Get(Field.TpmsPressureFl, at)),
            TpmsPressureFr = Plain(snapshot.Get(Field.TpmsPressureFr, at)),
            TpmsPressureRl = Plain(snapshot.Get(Field.TpmsPressureRl, at)),
            TpmsPressureRr = Plain(snapshot.Get(Field.TpmsPressureRr, at)),
            TpmsSoftWarningFl = warnings?.FrontLeft,
            TpmsSoftWarningFr = warnings?.FrontRight,
            TpmsSoftWarningRl = warnings?.RearLeft,
            TpmsSoftWarningRr = warnings?.RearRight,
            SoftwareUpdate = Update(snapshot, at, zone),
        };
    }

    static SoftwareUpdate Update(Snapshot snapshot, DateTimeOffset at, TimeZoneInfo zone)
    {
        var install = Whole(Reading.Number(snapshot.Get(Field.SoftwareUpdateInstallationPercentComplete, at)));
        var download = Whole(Reading.Number(snapshot.Get(Field.SoftwareUpdateDownloadPercentComplete, at)));
        var offered = NotBlank(snapshot.Get(Field.SoftwareUpdateVersion, at));
        var start = WrongZone.Read(Reading.Number(snapshot.Get(Field.SoftwareUpdateScheduledStartTime, at)), PlaceOf(snapshot, at), zone);
        return new SoftwareUpdate
        {
            Version = offered ?? "",
            DownloadPerc = download,
            InstallPerc = install,
            Status = install > 10 ? "installing"
                : download is > 0 and < 100 ? "downloading"
                : offered is null ? ""
                : start > at ? "scheduled"
                : "available",
        };
    }

    static ShiftState? Gear(Snapshot snapshot, DateTimeOffset at) => Reading.Word(snapshot.Get(Field.Gear, at), CodeKinds.ShiftState) switch
    {
        "P" => ShiftState.P,
        "R" => ShiftState.R,
        "N" => ShiftState.N,
        "D" => ShiftState.D,
        _ => null,
    };

    /// <summary>Where a loss of data makes a value unknown until it is seen again.</summary>
    static TelemetryValue? SinceGap(Snapshot snapshot, Field field, DateTimeOffset at) =>
        snapshot.Find(field) is { } known && !(known.CarTime < snapshot.GapAt) && known.CarTime <= at ? known.Value : null;

    /// <summary>Where the car was last, however long ago.</summary>
    static TelemetryValue.Place? PlaceOf(Snapshot snapshot, DateTimeOffset at) => Reading.Place(snapshot.Get(Field.Location, at));

    static double? Power(Snapshot snapshot, Field field, DateTimeOffset at) => Reading.Number(snapshot.Get(field, at));

    static bool? Present(Snapshot snapshot, DateTimeOffset at) =>
        snapshot.Find(Field.FastChargerPresent) is { } known && known.CarTime <= at && !(known.CarTime < snapshot.PluggedAt)
            ? Reading.Flag(known.Value) : null;

    static bool IsDirect(Snapshot snapshot, DateTimeOffset at) =>
        Present(snapshot, at) ?? (Power(snapshot, Field.DcchargingPower, at) > 0 && Power(snapshot, Field.AcchargingPower, at) is null or 0);

    static string? FastChargerType(Snapshot snapshot, DateTimeOffset at)
    {
        if (snapshot.Find(Field.FastChargerType) is not { } known || known.CarTime > at)
            return null;
        // Invalid at the end of a charge says nothing about it.
        var value = known.ValidAt is { } valid && !(valid < snapshot.PluggedAt) ? known.Valid : known.Value;
        return Reading.Word(value, CodeKinds.FastCharger) is { } word && word != "SNA" ? word : "<invalid>";
    }

    static string? Cable(Snapshot snapshot, DateTimeOffset at) => snapshot.Get(Field.ChargingCableType, at) is not { } value ? null
        : Reading.Word(value, CodeKinds.CableType) is { } word && word != "SNA" ? word : "<invalid>";

    static int? Window(TelemetryValue? value) => Reading.Word(value, CodeKinds.WindowState) switch
    {
        "Closed" => 0,
        "PartiallyOpen" => 1,
        "Opened" => 2,
        _ => null,
    };

    static int? Open(bool? isOpen) => isOpen is { } open ? open ? 1 : 0 : null;

    static string? NotBlank(TelemetryValue? value) => Reading.Text(value) is { Length: > 0 } text ? text : null;

    static ApiNumber? Plain(TelemetryValue? value) => Reading.Number(value) is { } number ? number : null;

    static int? Whole(double? value) => value is { } number ? (int)Math.Round(number, MidpointRounding.AwayFromZero) : null;

    static double? Round(double? degrees) => degrees is { } known ? Math.Round(known, 6, MidpointRounding.AwayFromZero) : null;

    static Version? NumberOf(string? version)
    {
        var first = version?.Split(' ', 2)[0].Split('-', 2)[0];
        return first is not null && Version.TryParse(first.Contains('.', StringComparison.Ordinal) ? first : first + ".0", out var number)
            ? number : null;
    }
}

/// <summary>Times that the car writes down as the wall time of its own zone, but as if it were Los Angeles (spec fleet-telemetry 3.4).</summary>
static class WrongZone
{
    static readonly TimeZoneInfo Pacific = TimeZoneInfo.FindSystemTimeZoneById("America/Los_Angeles");

    /// <param name="place">Where the car is; null when it never said.</param>
    /// <param name="server">Stands in where the car's zone is not known.</param>
    public static DateTimeOffset? Read(double? unixSeconds, TelemetryValue.Place? place, TimeZoneInfo server)
    {
        // A day is left on either side for the zones.
        if (unixSeconds is not (> 86_400 and < 253_402_200_000))
            return null;
        var zone = place is null ? server : TimeZones.At(place.Latitude, place.Longitude) ?? server;
        var wall = TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeSeconds((long)unixSeconds), Pacific).DateTime;
        // A wall time that the zone skips is meant an hour later.
        if (zone.IsInvalidTime(wall))
            wall = wall.AddHours(1);
        return new DateTimeOffset(wall, zone.GetUtcOffset(wall)).ToUniversalTime();
    }
}
