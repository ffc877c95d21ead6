using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// UPD(s, v): the table of spec vehicle 6. An answer meets the phase the car is in; a rule that ends a phase raises the answer again in the next.
/// </summary>
static class PhaseTransitions
{
    public static Turn Raise(Turn turn, VehicleData data, Surroundings around) => (turn.Phase, data.Availability) switch
    {
        (VehiclePhase.Start, Availability.Online) => Starting.Online(turn, data, around), // 6.1
        (VehiclePhase.Start, _) => Starting.Away(turn, data, around),

        (VehiclePhase.Online or VehiclePhase.Suspended, Availability.Online) => Idle(turn, data, around), // 6.2, 6.3
        (VehiclePhase.Online, _) => turn.PollSoon().Become(new VehiclePhase.Start()),
        (VehiclePhase.Suspended, _) => Raise(turn.Become(new VehiclePhase.Start()), data, around),

        (VehiclePhase.Charging charging, Availability.Online) => Charging.Online(turn, charging, data, around), // 6.4
        (VehiclePhase.Charging, Availability.Offline) => turn.Log(new Note.ConnectionLost("charging")).PollSoon(),
        (VehiclePhase.Charging charging, _) => Charging.FellAsleep(turn, charging, data, around),

        (VehiclePhase.Driving driving, Availability.Online) => Driving.Online(turn, driving, data, around), // 6.5
        (VehiclePhase.Driving driving, Availability.Offline) => Driving.Offline(turn, driving),
        (VehiclePhase.Driving driving, _) => Driving.FellAsleep(turn, driving),

        (VehiclePhase.Updating, Availability.Online) => Installing.Online(turn, data, around), // 6.6
        (VehiclePhase.Updating, _) => Installing.Away(turn, data, around),

        (VehiclePhase.Asleep(var step), Availability.Asleep) => Sleeping.Again(turn, step, next => new VehiclePhase.Asleep(next)), // 6.7
        (VehiclePhase.Offline(var step), Availability.Offline) => Sleeping.Again(turn, step, next => new VehiclePhase.Offline(next)),
        (VehiclePhase.Asleep or VehiclePhase.Offline, Availability.Online) => Raise(turn.Use().Become(new VehiclePhase.Start()), data, around),
        (VehiclePhase.Asleep or VehiclePhase.Offline, _) => turn.PollSoon().Become(new VehiclePhase.Start()),

        _ => throw new System.Diagnostics.UnreachableException($"no rule for {data.Availability} in {turn.Phase}"),
    };

    /// <summary>ONLINE and SUSPENDED meet a full answer (spec vehicle 6.2, 6.3): the first thing that goes on, else perhaps a rest.</summary>
    public static Turn Idle(Turn turn, VehicleData data, Surroundings around)
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
