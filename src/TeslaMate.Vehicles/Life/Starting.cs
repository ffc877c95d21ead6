using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Identification;

namespace TeslaMate.Vehicles.Life;

/// <summary>START (spec vehicle 6.1), and what an earlier run left open.</summary>
static class Starting
{
    /// <param name="parksNow">The car tells that it has just been put into P, and not only that it stands.</param>
    public static Turn Online(Turn turn, VehicleData data, Surroundings around, bool parksNow = false)
    {
        (turn, var next, var began) = Resume(turn, data, parksNow);
        var date = Readings.Date(data, turn.Now);
        var description = CarIdentification.Describe(turn.Vehicle.Car, data);
        turn = turn.With(turn.Vehicle with { Car = CarIdentification.Apply(turn.Vehicle.Car, description) });
        turn = NoteVersion(turn.Write(new LogbookEntry.UpdateCar(description)), data, next).StartState(CarActivity.Online, date);
        if (next is not null)
        {
            if (next is VehiclePhase.Driving)
                turn = turn.ConnectStream();
            return PhaseTransitions.Raise(turn.Become(next).Since(began).Do(Positions.Arm).Publish(), data, around);
        }

        return PhaseTransitions.Raise(
            turn.Write(Positions.Entry(data, turn.Now, around))
                .Locate(data, around)
                .ConnectStream()
                .Do(Positions.Arm)
                .Become(new VehiclePhase.Online())
                .Log(new Note.IsOnline())
                .Publish(),
            data,
            around);
    }

    public static Turn Away(Turn turn, VehicleData data, Surroundings around)
    {
        var isAsleep = data.Availability == Availability.Asleep;
        if (turn.Vehicle.Unfinished is { Drive: { } drive } unfinished)
        {
            turn = turn.With(turn.Vehicle with { Unfinished = unfinished with { Drive = null } });
            // Perhaps in a tunnel: the rules of a lost car decide whether the drive goes on.
            if (!isAsleep)
                return PhaseTransitions.Raise(turn.Since(drive.Start)
                    .Become(new VehiclePhase.Driving(new Contact.Lost(Restoring.LastOf(turn.Vehicle, drive)), HasRow: true)), data, around);
            turn = turn.Write(new LogbookEntry.CloseDrive(DriveEnd.Aborted, turn.Vehicle.Settings.LookUpAddresses)).Log(new Note.DriveClosedLate());
        }

        if (isAsleep && turn.Vehicle.Unfinished.Charging is not null)
        {
            turn = turn.With(turn.Vehicle with { Unfinished = turn.Vehicle.Unfinished with { Charging = null } });
            turn = turn.Write(new LogbookEntry.CompleteCharging(turn.Now)).Log(new Note.ChargingEnded());
        }

        var step = turn.Polling.Asleep;
        turn = turn.With(turn.Vehicle with { PreOnline = PreOnline.Idle });
        return turn.StartState(isAsleep ? CarActivity.Asleep : CarActivity.Offline, Readings.Date(data, turn.Now))
            .DisconnectStream()
            .Become(isAsleep ? new VehiclePhase.Asleep(step) : new VehiclePhase.Offline(step))
            .Log(isAsleep ? new Note.FellAsleep() : new Note.WentOffline())
            .Publish()
            .PollSoon();
    }

    /// <summary>Settles what was left open: the phase that goes on and when it began, or null when all of it is closed now.</summary>
    static (Turn Turn, VehiclePhase? Next, DateTimeOffset Began) Resume(Turn turn, VehicleData data, bool parksNow)
    {
        var began = turn.Now;
        var (drive, charging, update) = turn.Vehicle.Unfinished;
        turn = turn.With(turn.Vehicle with { Unfinished = Unfinished.Nothing });
        VehiclePhase? next = null;
        if (drive is not null)
        {
            if (drive.GoesOnAt(data, turn.Now, parksNow))
            {
                (next, began) = (new VehiclePhase.Driving(new Contact.Available(), HasRow: true), drive.Start);
                turn = turn.Log(new Note.DriveContinued(Readings.Date(data, turn.Now) - (drive.Last?.Date ?? drive.Start)));
            }
            else
            {
                turn = turn.Write(new LogbookEntry.CloseDrive(DriveEnd.Aborted, turn.Vehicle.Settings.LookUpAddresses))
                    .Log(new Note.DriveClosedLate());
            }
        }

        if (charging is not null)
        {
            if (next is null && charging.GoesOnAt(data, turn.Now))
            {
                (next, began) = (new VehiclePhase.Charging(HasRow: true), charging.Start);
                turn = turn.Log(new Note.ChargingContinued());
            }
            else
            {
                turn = turn.Write(new LogbookEntry.CompleteCharging(turn.Now)).Log(new Note.ChargingEnded());
            }
        }

        if (update is not null)
        {
            if (next is null && update.GoesOnAt(data))
            {
                (next, began) = (new VehiclePhase.Updating(), update.Start);
            }
            else if (update.GoesOnAt(data))
            {
                turn = turn.Write(new LogbookEntry.FinishUpdate(Installing.Date(data, turn.Now), data.VehicleState?.CarVersion));
            }
            else
            {
                turn = turn.Write(new LogbookEntry.CancelUpdate()).Log(new Note.UpdateCancelled());
            }
        }

        return (turn, next, began);
    }

    /// <summary>
    /// Lets the logbook record an update that nobody saw (spec vehicle 11); not while one is being installed, which will tell itself.
    /// </summary>
    static Turn NoteVersion(Turn turn, VehicleData data, VehiclePhase? next)
    {
        if (next is VehiclePhase.Updating)
            return turn;
        return data.VehicleState?.CarVersion is { Length: > 0 } version
            ? turn.Write(new LogbookEntry.NoteVersion(Installing.Date(data, turn.Now), version))
            : turn.Log(new Note.NoVersion());
    }
}
