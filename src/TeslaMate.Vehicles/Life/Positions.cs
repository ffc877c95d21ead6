using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>Positions outside of drives (spec vehicle 8 and 10.1).</summary>
static class Positions
{
    public static readonly Effect Arm = new Effect.ArmPositionTimer(TimeSpan.FromMinutes(5));

    /// <summary>An answer as a position of the car; null when it has no place.</summary>
    public static LogbookEntry? Entry(VehicleData data, DateTimeOffset now, Surroundings around) =>
        Readings.Position(data, now, around.ElevationM) is { } position ? new LogbookEntry.InsertPosition(position) : null;

    /// <summary>Every 5 minutes the last answer is a position once more, unless it has been one already.</summary>
    public static Turn OnDue(Turn turn)
    {
        // A car that streams writes what it tells, and nothing while it stands.
        if (turn.Phase is not (VehiclePhase.Online or VehiclePhase.Charging) || turn.Vehicle.Telemetry.Leads)
            return turn;
        var last = turn.Vehicle.LastResponse;
        if (last is not null && last.DriveState?.Timestamp is { } date && !(date <= turn.Vehicle.LastPosition))
            turn = turn.Write(Entry(last, turn.Now, new Surroundings(null, turn.Vehicle.TerrainM)));
        return turn.Do(Arm);
    }

    extension(Turn turn)
    {
        /// <summary>The geofence in memory follows the last reading that has a place.</summary>
        public Turn Locate(VehicleData data, Surroundings around)
        {
            if (data.DriveState is { Latitude: not null, Longitude: not null })
                turn = turn.With(turn.Vehicle with { Geofence = around.Geofence });
            return turn;
        }
    }
}
