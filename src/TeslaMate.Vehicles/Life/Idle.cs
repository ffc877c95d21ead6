using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>ONLINE and SUSPENDED meet a full answer (spec vehicle 6.2, 6.3): the first thing that goes on, else perhaps a rest.</summary>
static class Idle
{
    public static Turn Online(Turn turn, VehicleData data, Surroundings around)
    {
        turn = MissedDrive.Write(turn, data, around);
        return data switch
        {
            { VehicleState.SoftwareUpdate.Status: "installing" } => Installing.Begin(turn, data),
            { DriveState: { } drive } when drive.ShiftState.IsInGear => Driving.Begin(turn, data, around),
            { ChargeState.IsCharging: true } => Charging.Begin(turn, data, around),
            _ when turn.Vehicle.Telemetry.Leads => TelemetryRules.Rest(turn, data, around),
            _ => Suspending.Decide(turn, data, around),
        };
    }
}
