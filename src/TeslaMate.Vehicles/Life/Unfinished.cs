using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>Rows without an end whose owner is not known to go on; null where there is none.</summary>
sealed record Unfinished(DriveLeft? Drive, ChargingLeft? Charging, UpdateLeft? Update)
{
    public static readonly Unfinished Nothing = new(null, null, null);

    public bool IsNothing => Drive is null && Charging is null && Update is null;

    /// <summary>What the database has open at the start.</summary>
    public static Unfinished From(OpenEntries open) => new(
        open.Drive is { } drive ? new DriveLeft(drive.Start, drive.Last, drive.LastWithRange) : null,
        open.Charging is { } charging ? new ChargingLeft(charging.Start, charging.Place, charging.Last) : null,
        open.Update is { } update ? new UpdateLeft(update.Start, update.VersionBefore) : null);

    /// <summary>What a car was doing when its logging had to stop.</summary>
    public static Unfinished From(Vehicle vehicle, DateTimeOffset now) => vehicle.Phase switch
    {
        VehiclePhase.Driving { HasRow: true } => new(
            new DriveLeft(vehicle.Since ?? now, Readings.Position(vehicle, now), Readings.Position(vehicle, now)), null, null),
        VehiclePhase.Charging { HasRow: true } => new(
            null, new ChargingLeft(vehicle.Since ?? now, Readings.Position(vehicle, now), Readings.Charge(vehicle, now)), null),
        VehiclePhase.Updating => new(null, null, new UpdateLeft(vehicle.Since ?? now, vehicle.LastResponse?.VehicleState?.CarVersion)),
        _ => vehicle.Unfinished,
    };
}

/// <param name="Start">When the drive began.</param>
/// <param name="Last">Its last position.</param>
/// <param name="LastWithRange">Its last position that has ranges.</param>
sealed record DriveLeft(DateTimeOffset Start, PositionReading? Last, PositionReading? LastWithRange)
{
    /// <summary>A car that is still driving after this time without a reading began another drive (spec vehicle 6.5).</summary>
    public static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(15);

    /// <summary>Faster than any car that this program knows: an odometer that moved more belongs to another trip.</summary>
    public const double FastestKmH = 300;

    const double OdometerToleranceKm = 1;

    /// <summary>
    /// Whether a reading belongs to this drive: soon enough, and the odometer agrees. A car that has parked meanwhile belongs to it only if it moved,
    /// since nobody knows how long it has been standing; or if the reading tells of the moment in which it parked.
    /// </summary>
    public bool GoesOnAt(VehicleData data, DateTimeOffset now, bool parksNow)
    {
        if (Last is null)
            return data.DriveState?.ShiftState.IsInGear == true;
        var gap = (data.DriveState?.Timestamp ?? now) - Last.Date;
        if (gap >= LongestGap || gap < -LongestGap)
            return false;
        var movedKm = Conversions.Kilometres(data.VehicleState?.OdometerMiles, decimals: 6) - Last.OdometerKm;
        if (movedKm is { } km && (km < -OdometerToleranceKm || km > (Math.Abs(gap.TotalHours) * FastestKmH) + OdometerToleranceKm))
            return false;
        return data.DriveState?.ShiftState.IsInGear == true || movedKm is > 0.01 || parksNow;
    }
}

/// <param name="Start">When the charging process began.</param>
/// <param name="Place">Where.</param>
/// <param name="Last">Its last charge.</param>
sealed record ChargingLeft(DateTimeOffset Start, PositionReading? Place, Logbook.ChargeReading? Last)
{
    // A charge that ended longer ago than this ended at an unknown time.
    static readonly TimeSpan LongestGapAfterEnd = TimeSpan.FromMinutes(15);

    const double CounterToleranceKwh = 0.02;
    const double SamePlaceKm = 0.5;

    /// <summary>
    /// Whether a reading belongs to this charging process: same session of the car, same place, and either it still charges or it stopped just now.
    /// </summary>
    public bool GoesOnAt(VehicleData data, DateTimeOffset now) =>
        IsSameSession(data) && (data.ChargeState?.IsCharging == true
            || (Last is not null && (data.ChargeState?.Timestamp ?? now) - Last.Date < LongestGapAfterEnd));

    /// <summary>Whether a reading can be of the same session: the counter has not gone back, and the car is where it was.</summary>
    public bool IsSameSession(VehicleData data)
    {
        if (data.ChargeState is not { } charge || data.DriveState?.ShiftState.IsInGear == true)
            return false;
        if (charge.ChargeEnergyAdded < Last?.EnergyAddedKwh - CounterToleranceKwh)
            return false;
        if (Math.Abs(Conversions.Kilometres(data.VehicleState?.OdometerMiles, decimals: 6) - Place?.OdometerKm ?? 0) > SamePlaceKm)
            return false;
        return Place is null || data.DriveState is not { Latitude: { } latitude, Longitude: { } longitude }
            || Conversions.DistanceKm(new Coordinates(Place.Latitude, Place.Longitude), new Coordinates(latitude, longitude)) <= SamePlaceKm;
    }
}

/// <param name="Start">When the update began.</param>
/// <param name="VersionBefore">What the car ran before it; null when unknown.</param>
sealed record UpdateLeft(DateTimeOffset Start, string? VersionBefore)
{
    /// <summary>Whether the car still installs, or shows another version than before; otherwise the update did not happen.</summary>
    public bool GoesOnAt(VehicleData data) =>
        data.VehicleState?.SoftwareUpdate?.Status == "installing"
        || (data.VehicleState?.CarVersion is { Length: > 0 } version && FirstWord.Of(version) != FirstWord.Of(VersionBefore));
}
