using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>What owners ask for and change (spec vehicle 8).</summary>
static class Commands
{
    public static Turn Resume(Turn turn) => turn.Phase switch
    {
        _ when turn.Vehicle.Telemetry.Leads => TelemetryRules.Resume(turn),
        VehiclePhase.Suspended => turn
            .Since(turn.Now).Use().Become(new VehiclePhase.Online()).Log(new Note.ResumedLogging()).Do(Positions.Arm).Publish().Poll(1),
        VehiclePhase.Asleep => FetchNow(turn.Become(new VehiclePhase.Asleep(Sleeping.FirstStep))),
        VehiclePhase.Offline => FetchNow(turn.Become(new VehiclePhase.Offline(Sleeping.FirstStep))),
        _ => turn.Use(),
    };

    public static Turn Suspend(Turn turn, long ticket) => turn.Phase switch
    {
        VehiclePhase.Asleep or VehiclePhase.Offline or VehiclePhase.Suspended => turn.Do(new Effect.Reply(ticket, new SuspendAnswer.Suspended())),
        VehiclePhase.Driving => Refuse(turn, ticket, "vehicle_not_parked"),
        VehiclePhase.Updating => Refuse(turn, ticket, "update_in_progress"),
        VehiclePhase.Charging => Refuse(turn, ticket, "charging_in_progress"),
        VehiclePhase.Online or VehiclePhase.Start when turn.Vehicle.Telemetry.Leads => TelemetryRules.Suspend(turn, ticket),
        VehiclePhase.Online or VehiclePhase.Start => turn.Do(new Effect.CheckForSuspend(ticket)),
        _ => throw new System.Diagnostics.UnreachableException($"no rule for {turn.Phase}"),
    };

    public static Turn OnChecked(Turn turn, VehicleEvent.SuspendChecked check) => (turn.Phase, check.Answer) switch
    {
        // Something began while the car was asked.
        (not (VehiclePhase.Online or VehiclePhase.Start), _) => Suspend(turn, check.Ticket),
        (_, ApiAnswer<VehicleData>.Failed(ApiError.RateLimited(var pause))) =>
            turn.Do(new Effect.Reply(check.Ticket, new SuspendAnswer.RateLimited(pause))),
        (_, ApiAnswer<VehicleData>.Failed(var error)) =>
            turn.Do(new Effect.Reply(check.Ticket, new SuspendAnswer.NoAnswer(Failures.Code(error)))),
        (_, ApiAnswer<VehicleData>.Ok({ IsFull: true } data)) => OnFull(turn, check.Ticket, data, check.Around),
        _ => turn.Do(new Effect.Reply(check.Ticket, new SuspendAnswer.NoAnswer("gateway_error"))),
    };

    public static Turn OnCarChanged(Turn turn, Car car)
    {
        var hasOtherNumber = car.Eid != turn.Vehicle.Car.Eid;
        turn = turn.With(turn.Vehicle with { Car = car, NotFound = hasOtherNumber ? Breakers.NotFound : turn.Vehicle.NotFound });
        if (!car.Settings.UseStreamingApi)
            return WakingUp.Be(turn.DisconnectStream(), PreOnline.Idle);
        return turn.Phase is VehiclePhase.Online or VehiclePhase.Driving or VehiclePhase.Suspended ? turn.ConnectStream() : turn;
    }

    public static Turn OnSignedIn(Turn turn)
    {
        if (!turn.Vehicle.IsSignedOut)
            return turn;
        turn = turn.With(turn.Vehicle with { IsSignedOut = false, ApiErrors = Breakers.ApiErrors, NotFound = Breakers.NotFound });
        return FetchNow(turn);
    }

    static Turn OnFull(Turn turn, long ticket, VehicleData data, Surroundings around)
    {
        var reason = data switch
        {
            { DriveState: { } drive } when drive.ShiftState.IsInGear => "vehicle_not_parked",
            { ChargeState.IsCharging: true } => "charging_in_progress",
            { VehicleState.SoftwareUpdate.Status: "installing" } => "update_in_progress",
            _ => Suspending.Reason(data, turn.Vehicle.Car.Settings),
        };
        if (reason is not null)
            return Refuse(turn, ticket, reason);

        // The answer of a request that is under way would wake the car's state up again.
        turn = turn.With(turn.Vehicle with { Request = null });
        if (turn.Phase is VehiclePhase.Start)
            turn = Answers.Accept(turn, data, around);
        else
            turn = Answers.Remember(turn, data, around);
        if (turn.Phase is VehiclePhase.Online)
        {
            turn = MissedDrive.Write(turn, data, around);
            turn = Suspending.Suspend(turn, data, around).Publish().PollExactly(Suspending.NextLook(turn));
        }

        return turn.Do(new Effect.Reply(ticket, new SuspendAnswer.Suspended()));
    }

    static Turn Refuse(Turn turn, long ticket, string code) => turn.Do(new Effect.Reply(ticket, new SuspendAnswer.InUse(code)));

    static Turn FetchNow(Turn turn)
    {
        if (turn.Vehicle.Telemetry.Leads)
            return turn;
        turn = turn.With(turn.Vehicle with { Poll = null });
        return turn.Fetch(Fetching.Plan(turn.Vehicle, turn.Now));
    }
}
