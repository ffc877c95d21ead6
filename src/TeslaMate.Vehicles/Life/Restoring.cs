using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>Last known values from the database, until the car sends some (spec vehicle 5.6).</summary>
static class Restoring
{
    public static Turn Restore(Turn turn, VehicleData bare, Surroundings around)
    {
        var position = turn.Vehicle.StoredPosition;
        var isBare = bare is { DriveState: null, ChargeState: null, ClimateState: null };
        return turn.With(position is null || !isBare
            ? turn.Vehicle with { LastResponse = bare }
            : turn.Vehicle with { LastResponse = With(bare, position, turn.Vehicle.StoredVersion), IsRestored = true, Geofence = around.Geofence });
    }

    /// <summary>What the database knows of a car that has said nothing at all yet, as if it were an answer; null when it knows nothing.</summary>
    public static VehicleData? Stored(Vehicle vehicle) =>
        vehicle.StoredPosition is { } position ? With(new VehicleData(), position, vehicle.StoredVersion) : null;

    /// <summary>The last reading of a drive that was left open, as if the car had just sent it.</summary>
    public static VehicleData? LastOf(Vehicle vehicle, DriveLeft drive) => (drive.LastWithRange ?? drive.Last) is { } position
        ? With(vehicle.LastResponse ?? new VehicleData(), position, vehicle.StoredVersion, drive.Last?.Date ?? position.Date)
        : null;

    static VehicleData With(VehicleData bare, PositionReading position, string? version, DateTimeOffset? date = null) => bare with
    {
        DriveState = new DriveState { Timestamp = date, Latitude = position.Latitude, Longitude = position.Longitude },
        ChargeState = new ChargeState
        {
            Timestamp = date,
            IdealBatteryRange = Conversions.Miles(position.IdealRangeKm, decimals: 2),
            EstBatteryRange = Conversions.Miles(position.EstimatedRangeKm, decimals: 2),
            BatteryRange = Conversions.Miles(position.RatedRangeKm, decimals: 2),
            BatteryLevel = position.BatteryLevel,
            UsableBatteryLevel = position.UsableBatteryLevel,
        },
        ClimateState = new ClimateState { OutsideTemp = position.OutsideTempC, InsideTemp = position.InsideTempC },
        VehicleState = new VehicleState { OdometerMiles = Conversions.Miles(position.OdometerKm, decimals: 6), CarVersion = version },
    };
}
