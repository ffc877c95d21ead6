using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Tests.Vehicles;

/// <summary>Cars as a test needs them: only what matters is said, the rest is plausible and dull.</summary>
static class ACar
{
    /// <summary>The moment T of the worked sequences; also where a scene's clock begins.</summary>
    public static readonly DateTimeOffset T = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static Car Row(bool streaming = false, int suspendMin = 21, int idleMin = 99_999, bool mustBeLocked = false) => new()
    {
        Id = new CarId(1),
        Eid = 11,
        Vid = 22,
        Vin = "5YJ3E1EA1NF000000",
        Settings = new CarSettings
        {
            UseStreamingApi = streaming,
            SuspendMin = suspendMin,
            SuspendAfterIdleMin = idleMin,
            ReqNotUnlocked = mustBeLocked
        },
    };

    /// <summary>A full answer: parked, idle, nothing plugged in.</summary>
    /// <param name="after">Milliseconds after <see cref="T"/> by the car's clock.</param>
    public static VehicleData Online(double after = 0, double? latitude = 0, double? longitude = 0) => new()
    {
        State = "online",
        DisplayName = "FooCar",
        DriveState = new DriveState { Timestamp = T.AddMilliseconds(after), Latitude = latitude, Longitude = longitude },
        ChargeState = new ChargeState { Timestamp = T.AddMilliseconds(after) },
        ClimateState = new ClimateState(),
        VehicleState = new VehicleState
        {
            Timestamp = T.AddMilliseconds(after),
            CarVersion = "",
            SoftwareUpdate = new SoftwareUpdate { Status = "" }
        },
        VehicleConfig = new VehicleConfig { CarType = "models2", TrimBadging = "p90d" },
    };

    /// <summary>What the specification's cases of a restart have stored.</summary>
    public static PositionReading Stored { get; } = new()
    {
        Date = T.AddDays(-1),
        Latitude = 37.889544,
        Longitude = 41.128817,
        OdometerKm = 91887.725564,
        IdealRangeKm = 315.06,
        EstimatedRangeKm = 268.07,
        RatedRangeKm = 315.06,
        BatteryLevel = 64,
        UsableBatteryLevel = 64,
        OutsideTempC = 16.5,
        InsideTempC = 20.1,
    };

    public static VehicleData Bare { get; } = new() { State = "online", DisplayName = "FooCar" };

    public static VehicleData Asleep { get; } = new() { State = "asleep", DisplayName = "FooCar" };

    public static VehicleData Offline { get; } = new() { State = "offline", DisplayName = "FooCar" };

    public static VehicleData Elsewhere(string state) => new() { State = state };

    extension(VehicleData data)
    {
        public VehicleData Gear(ShiftState? gear, int? mph = null) => data.Drive(drive => drive with { ShiftState = gear, Speed = mph });

        public VehicleData At(double? latitude, double? longitude) => data.Drive(drive => drive with { Latitude = latitude, Longitude = longitude });

        public VehicleData Timed(DateTimeOffset? time) => data
            .Drive(drive => drive with { Timestamp = time }).Charge(charge => charge with { Timestamp = time })
            .Body(body => body with { Timestamp = time });

        public VehicleData Drive(Func<DriveState, DriveState> change) => data with { DriveState = change(data.DriveState ?? new DriveState()) };

        public VehicleData Charge(Func<ChargeState, ChargeState> change) => data with { ChargeState = change(data.ChargeState ?? new ChargeState()) };

        public VehicleData Climate(Func<ClimateState, ClimateState> change)
            => data with { ClimateState = change(data.ClimateState ?? new ClimateState()) };

        public VehicleData Body(Func<VehicleState, VehicleState> change)
            => data with { VehicleState = change(data.VehicleState ?? new VehicleState()) };

        public VehicleData Charging(string? state, double? kwh = null, double? range = null, int? power = null) =>
            data.Charge(charge => charge with { ChargingState = state, ChargeEnergyAdded = kwh, IdealBatteryRange = range, ChargerPower = power });

        public VehicleData Range(double? miles) => data.Charge(charge => charge with { IdealBatteryRange = miles });

        public VehicleData Odometer(double? miles) => data.Body(body => body with { OdometerMiles = miles });

        public VehicleData Update(string? status, string? carVersion = "", string? version = null, int? download = null, int? install = null) =>
            data.Body(body => body with
            {
                CarVersion = carVersion,
                SoftwareUpdate = new SoftwareUpdate { Status = status, Version = version, DownloadPerc = download, InstallPerc = install },
            });

        public VehicleData Version(string? version) => data.Body(body => body with { CarVersion = version });
    }

    /// <param name="after">Milliseconds after <see cref="T"/>.</param>
    public static StreamReading Sample(
        double after = 0, ShiftState? gear = null, int? power = null, int? mph = null, int? soc = null, int? elevation = null,
        double? odometer = null,
        double? latitude = 0, double? longitude = 0) =>
        new(T.AddMilliseconds(after), mph, odometer, soc, elevation, null, latitude, longitude, power, gear, null, null, null);
}
