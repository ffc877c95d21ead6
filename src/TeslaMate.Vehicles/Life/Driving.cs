using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>DRIVING (spec vehicle 6.5 and 6.8).</summary>
static class Driving
{
    const int MostMisses = 15;
    const double ChargedMiles = 5;

    // The counter of the last charge stands still while a car drives, so that any more of it is another charge.
    const double ChargedKwh = 1;

    static readonly TimeSpan LostForGood = TimeSpan.FromMinutes(15);
    static readonly TimeSpan LongEnoughToCharge = TimeSpan.FromMinutes(5);

    /// <summary>A drive that begins with an answer.</summary>
    public static Turn Begin(Turn turn, VehicleData data, Surroundings around) =>
        // Where a loss has made the place of a car that streams unknown, a new one is waited for.
        Begin(turn, Readings.Position(data, turn.Now, around.ElevationM, elsewhere: turn.Vehicle.Telemetry.Leads ? null : turn.Vehicle.LastPlace))
            .Locate(data, around)
            .Publish()
            .Poll(Interval(turn));

    /// <summary>A drive that begins with a reading of any kind; without a place it waits for one. What was missed of it is part of it.</summary>
    public static Turn Begin(Turn turn, PositionReading? first)
    {
        if (first is not null && MissedDrive.Beginning(turn.Vehicle.Parked, first) is { } start)
            turn = turn.Write(start, new LogbookEntry.InsertDrivePosition(first)).Log(MissedDrive.NoteOf(start, first));
        else if (first is not null)
            turn = turn.Write(new LogbookEntry.StartDrive(turn.Date, first)).Log(new Note.DriveStarted());
        else if (!turn.Vehicle.Telemetry.Leads)
            turn = turn.Log(new Note.NoPlace());
        turn = turn.With(turn.Vehicle with { Parked = null });
        return turn.Since(turn.Date).Use().Become(new VehiclePhase.Driving(new Contact.Available(), HasRow: first is not null));
    }

    public static Turn Online(Turn turn, VehiclePhase.Driving driving, VehicleData data, Surroundings around) => driving.Contact switch
    {
        Contact.Available when data.DriveState?.ShiftState.IsParked != false => End(turn, driving, data, around),
        // An unknown gear is not P: the drive goes on.
        Contact.Available => GoOn(turn, driving, data, around),
        Contact.Unavailable => PhaseTransitions.Raise(
            turn.ConnectStream().Use().Become(driving with { Contact = new Contact.Available() }), data, around),
        Contact.Lost(var last) => Return(turn, driving, last, data, around),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>
    /// Judges the time without readings before an answer, whatever lay in between: offline answers, time-outs, errors, closed connections. A car
    /// that gained energy was charged, and one that was silent for a quarter of an hour has ended its drive; both as if it had been lost (see
    /// <see cref="Return"/>). What it moved meanwhile belongs to the next drive.
    /// </summary>
    public static Turn JudgeGap(Turn turn, VehicleData data)
    {
        var vehicle = turn.Vehicle;
        if (!vehicle.Settings.JudgesGaps
            || vehicle is not { Phase: VehiclePhase.Driving { Contact: not Contact.Lost } driving, LastResponse: { } last }
            || (last.DriveState?.Timestamp ?? vehicle.LastFullAnswer) is not { } told)
            return turn;
        last = last.DriveState?.Timestamp is null ? last with { DriveState = (last.DriveState ?? new DriveState()) with { Timestamp = told } } : last;
        // What the stream told of the drive is no gap, but a pause of the stream is.
        var silence = Readings.Date(data, turn.Now) - (vehicle.LastDrivingSample > told ? vehicle.LastDrivingSample.Value : told);
        var longest = silence > vehicle.LongestPauseOfStream ? silence : vehicle.LongestPauseOfStream;
        if (longest >= LongEnoughToCharge && HasGained(last, data))
            return turn.Become(driving with { Contact = new Contact.Lost(last) });
        if (silence < LostForGood)
            return turn;
        turn = turn.With(vehicle with { Parked = Readings.Position(last, turn.Now, elsewhere: vehicle.LastPlace) });
        return turn.Become(driving with { Contact = new Contact.Lost(last) });
    }

    public static Turn Offline(Turn turn, VehiclePhase.Driving driving) => driving.Contact switch
    {
        Contact.Available => turn.Use().Become(driving with { Contact = new Contact.Unavailable(0) }).Log(new Note.ConnectionLost("driving"))
            .Poll(5),
        Contact.Unavailable(< MostMisses and var misses) => turn.Use().Become(driving with { Contact = new Contact.Unavailable(misses + 1) }).Poll(5),
        Contact.Unavailable => turn.Use().Become(driving with { Contact = new Contact.Lost(turn.Vehicle.LastResponse) }).Log(new Note.Lost())
            .Publish().Poll(30),
        Contact.Lost when !driving.HasRow => turn.PollSoon().Become(new VehiclePhase.Start()),
        Contact.Lost(var last) when turn.Now - (last?.DriveState?.Timestamp ?? turn.Vehicle.LastFullAnswer) < LostForGood => turn.Use().Poll(30),
        Contact.Lost => turn.Use().Write(Close(turn, DriveEnd.Timeout)).Become(driving with { HasRow = false }).Publish().Poll(30),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    public static Turn FellAsleep(Turn turn, VehiclePhase.Driving driving) =>
        turn.Write(driving.HasRow ? Close(turn, DriveEnd.Aborted) : null).PollSoon().Become(new VehiclePhase.Start());

    /// <summary>A car that streams has said nothing for longer than a drive can be interrupted: the rules of a lost one judge it.</summary>
    public static Turn Judge(Turn turn, VehiclePhase.Driving driving, VehicleData last, VehicleData data, Surroundings around) =>
        Return(turn, driving, last, data, around);

    static Turn GoOn(Turn turn, VehiclePhase.Driving driving, VehicleData data, Surroundings around)
    {
        var position = Readings.Position(data, turn.Now, around.ElevationM);
        if (position is not null)
            turn = turn.Write(driving.HasRow ? new LogbookEntry.InsertDrivePosition(position) : new LogbookEntry.StartDrive(turn.Now, position));
        return turn.Become(driving with { HasRow = driving.HasRow || position is not null })
            .Locate(data, around)
            .Use()
            .Publish()
            .Poll(Interval(turn));
    }

    static Turn End(Turn turn, VehiclePhase.Driving driving, VehicleData data, Surroundings around)
    {
        if (driving.HasRow)
        {
            var last = Readings.Position(data, turn.Now, around.ElevationM, elsewhere: turn.Vehicle.LastPlace);
            turn = turn.Write(last is null ? null : new LogbookEntry.InsertDrivePosition(last), Close(turn, DriveEnd.Ended));
        }

        return PhaseTransitions.Raise(turn.Locate(data, around).Use().Become(new VehiclePhase.Start()), data, around);
    }

    /// <summary>A lost car is back: was it charged meanwhile, was it away for long, or does the drive go on?</summary>
    static Turn Return(Turn turn, VehiclePhase.Driving driving, VehicleData? last, VehicleData now, Surroundings around)
    {
        var away = Readings.Date(now, turn.Now) - (last?.DriveState?.Timestamp ?? turn.Vehicle.LastFullAnswer ?? turn.Now);
        return (HasGained(last, now), away) switch
        {
            (true, _) when away >= LongEnoughToCharge => EndByCharge(turn, driving, last, now, around),
            (false, _) when away >= LostForGood => EndByLoss(turn, driving, now, around),
            _ when driving.HasRow => PhaseTransitions.Raise(
                turn.ConnectStream().Use().Log(new Note.DriveContinued(away)).Become(driving with { Contact = new Contact.Available() }), now,
                around),
            _ => EndByLoss(turn, driving, now, around),
        };
    }

    /// <summary>Whether a car has more energy than before, or its counter of the charge has moved although it was driving then and is now.</summary>
    static bool HasGained(VehicleData? last, VehicleData now) =>
        now.ChargeState?.IdealBatteryRange - last?.ChargeState?.IdealBatteryRange > ChargedMiles
        || Energy(last, now) is { } energy && energy.After - energy.Before > ChargedKwh;

    /// <summary>What the counter showed at both ends of a charge; null when it is not known. It begins again with each charge.</summary>
    static (double Before, double After)? Energy(VehicleData? last, VehicleData now)
        => (last?.ChargeState?.ChargeEnergyAdded, now.ChargeState?.ChargeEnergyAdded) switch
        {
            ({ } before, { } after) => (after < before ? 0 : (double)before, after),
            _ => null,
        };

    static Turn EndByCharge(Turn turn, VehiclePhase.Driving driving, VehicleData? last, VehicleData now, Surroundings around)
    {
        turn = turn.Write(driving.HasRow ? Close(turn, DriveEnd.Ended) : null);
        if (last is not null && Readings.Position(last, turn.Now, turn.Vehicle.TerrainM, elsewhere: turn.Vehicle.LastPlace) is { } place)
        {
            turn = turn.Write(
                new LogbookEntry.StartCharging(turn.Date, place, turn.Vehicle.Settings.LookUpAddresses),
                Charge(last, turn.Now, Energy(last, now)?.Before),
                Charge(now, turn.Now),
                new LogbookEntry.CompleteCharging(turn.Date))
                .Log(new Note.ChargedWhileAway(now.ChargeState?.ChargeEnergyAdded - (Energy(last, now)?.Before ?? 0)));
        }

        return PhaseTransitions.Raise(turn.Use().Become(new VehiclePhase.Start()), now, around);
    }

    static Turn EndByLoss(Turn turn, VehiclePhase.Driving driving, VehicleData now, Surroundings around) =>
        PhaseTransitions.Raise(turn.Write(driving.HasRow ? Close(turn, DriveEnd.Timeout) : null).Use().Become(new VehiclePhase.Start()), now, around);

    static LogbookEntry.CloseDrive Close(Turn turn, DriveEnd reason) => new(reason, turn.Vehicle.Settings.LookUpAddresses);

    static LogbookEntry.InsertCharge? Charge(VehicleData data, DateTimeOffset now, double? energyKwh = null)
        => Readings.Charge(data, now) is { } charge
        ? new LogbookEntry.InsertCharge(
            charge with { EnergyAddedKwh = energyKwh ?? charge.EnergyAddedKwh ?? 0, ChargerPowerKw = charge.ChargerPowerKw ?? 0 })
        : null;

    static TimeSpan Interval(Turn turn) => turn.Vehicle.IsStreaming ? turn.Polling.Default : turn.Polling.Driving;
}
