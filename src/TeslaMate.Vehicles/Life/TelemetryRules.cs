using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Vehicles.Life;

/// <summary>A car that streams (spec fleet-telemetry 4): its records run through the phases of every car, on the car's own clock.</summary>
static class TelemetryRules
{
    internal static readonly TimeSpan PlaceTimeout = TimeSpan.FromSeconds(60);

    /// <summary>The car streams: one <c>vehicle</c> request tells whether it sleeps, and the rest comes by itself.</summary>
    public static Turn Begin(Turn turn)
    {
        turn = turn.Know(state => state with { IsConfigured = true, Leads = true });
        return TelemetryContacts.Arm(TelemetryContacts.Check(turn, "start"));
    }

    /// <summary>Pages and topics show what the car says at once; its rows follow in order.</summary>
    public static Turn OnShown(Turn turn, VehicleEvent.TelemetryShown shown)
    {
        turn = turn.Know(state => state with { Shown = shown.Snapshot, LastData = turn.Now });
        return turn.Vehicle.Telemetry.Leads ? turn.Publish() : turn;
    }

    public static Turn OnArrived(Turn turn, VehicleEvent.TelemetryArrived arrived)
    {
        List<PositionReading> late = [];
        foreach (var (reading, around) in arrived.Readings)
        {
            turn = TelemetryContacts.Lead(turn.At(reading.CarTime));
            if (!turn.Vehicle.Telemetry.Leads)
            {
                // What is heard and not used is no gap when it is used again.
                turn = turn.Know(state => state with { LastCarTime = TelemetryContacts.Later(state.LastCarTime, reading.CarTime) });
                continue;
            }

            if (reading.IsLate)
            {
                if (reading.Segments is { } segments)
                {
                    turn = turn.Write(new LogbookEntry.SegmentDrives(
                        segments.From, segments.Until, segments.Drives,
                        [.. segments.Track.Select(point => Readings.Position(point.Data, point.CarTime)).OfType<PositionReading>()],
                        segments.OpenSince));
                    turn = turn.Log(new Note.DrivesSegmented(segments.From, segments.Until, segments.Drives.Count));
                }

                // A correction is not a track; a point of one belongs to its drive.
                if (reading.HasPlace && Readings.Position(reading.Data, turn.Date, around.ElevationM) is { } position)
                    late.Add(position);
                continue;
            }

            turn = Apply(turn, reading, around);
        }

        if (late.Count > 0)
            turn = turn.Write(new LogbookEntry.InsertLatePositions(late));
        // With the rows, so that a record counts once whatever happens in between.
        long[] applied = [.. arrived.Readings.SelectMany(reading => reading.Reading.Inbox)];
        if (applied.Length > 0)
            turn = turn.Write(new LogbookEntry.ApplyTelemetry(applied));
        turn = turn.At(turn.Now);
        return turn.Vehicle.Telemetry.Leads ? TelemetryContacts.Arm(turn) : turn;
    }

    /// <summary>What to do about a parked car that said something: nothing, it is left alone.</summary>
    public static Turn Rest(Turn turn, VehicleData data, Surroundings around)
    {
        if (data.DriveState?.ShiftState.IsParked == true && Readings.Position(data, turn.Date) is { OdometerKm: not null } position)
            turn = turn.With(turn.Vehicle with { Parked = position });
        return turn.Locate(data, around).Publish();
    }

    /// <summary>The owner wants the car to be left alone, or not any more: data go on being logged, only requests stop.</summary>
    public static Turn Suspend(Turn turn, long ticket) => turn
        .Become(new VehiclePhase.Suspended(DateTimeOffset.MaxValue)).Since(turn.Now).Log(new Note.SuspendedLogging()).Publish()
        .Do(new Effect.Reply(ticket, new SuspendAnswer.Suspended()));

    public static Turn Resume(Turn turn) => turn.Phase switch
    {
        VehiclePhase.Suspended => turn.Since(turn.Now).Become(new VehiclePhase.Online()).Log(new Note.ResumedLogging()).Publish(),
        VehiclePhase.Asleep or VehiclePhase.Offline => TelemetryContacts.Arm(TelemetryContacts.Check(turn, "the owner asked")),
        // A car that answers while nothing is heard of it has a broken feed.
        _ when !turn.Vehicle.Telemetry.IsUp => TelemetryContacts.Arm(TelemetryContacts.Check(turn, "the owner asked")),
        _ => turn,
    };

    static Turn Apply(Turn turn, TelemetryReading reading, Surroundings around)
    {
        var before = turn.Vehicle.LastResponse;
        turn = TelemetryDriving.NoticeGap(turn, reading, around, before);
        var data = Fill(turn.Vehicle, reading.Data);
        turn = Answers.Remember(turn, data, around).Locate(data, around);
        turn = turn.Know(state => state with
        {
            LastData = turn.Now,
            LastCarTime = reading.CarTime,
            IsGearKnown = state.IsGearKnown || reading.IsGearKnown
        });
        reading = reading with { Data = data };
        if (turn.Phase is VehiclePhase.Start or VehiclePhase.Asleep or VehiclePhase.Offline)
            turn = WakeUp(turn, reading, around);
        else
            turn = Meet(turn, reading, around);
        turn = NoteVersion(turn, reading);
        if (reading.HasPlace && turn.Vehicle.Telemetry.WithoutPlace is not null && turn.Phase is not (VehiclePhase.Driving { HasRow: false }))
            turn = turn.Know(state => state with { PlaceDue = null, WithoutPlace = null });
        return turn;
    }

    /// <summary>A record meets the phase the car is in.</summary>
    static Turn Meet(Turn turn, TelemetryReading reading, Surroundings around)
    {
        var before = turn.Phase;
        switch (before)
        {
            case VehiclePhase.Online or VehiclePhase.Suspended:
                return OnIdle(turn, reading, around);
            case VehiclePhase.Driving driving:
                turn = TelemetryDriving.OnDriving(turn, driving, reading, around);
                break;
            case VehiclePhase.Charging charging:
                turn = TelemetryCharging.OnCharging(turn, charging, reading, around);
                break;
            case VehiclePhase.Updating:
                turn = OnUpdating(turn, reading, around);
                break;
        }

        // The end of one thing may be the beginning of another.
        var isOther = (before, turn.Phase) switch
        {
            (not VehiclePhase.Driving, VehiclePhase.Driving { HasRow: false }) => true,
            (not VehiclePhase.Charging, VehiclePhase.Charging { HasRow: false }) => true,
            _ => false,
        };
        return isOther ? WaitForPlace(turn, reading) : turn;
    }

    /// <summary>The first word of a car; by it what was left open goes on or is closed, as with an answer.</summary>
    static Turn WakeUp(Turn turn, TelemetryReading reading, Surroundings around)
    {
        turn = turn.Know(state => state with { WakeDue = null });
        if (turn.Vehicle.Telemetry.FullWanted is null && turn.Vehicle.Car.TrimBadging is null)
            turn = turn.Know(state => state with { FullWanted = "first contact" });
        turn = turn.Become(new VehiclePhase.Start());
        // A car that moves without a gear, or charges without saying so, is idle for the answer's rules and found out below.
        var isWithout = !reading.HasPlace && reading.Data.DriveState is not { Latitude: not null, Longitude: not null };
        var data = reading.Data;
        // An update that an earlier run saw begin has ended when the version is another, whatever else the car still shows of it.
        if (turn.Vehicle.Unfinished.Update is { } update && data.VehicleState is { CarVersion: { } version } state
            && FirstWord.Of(version) != FirstWord.Of(update.VersionBefore))
            data = data with { VehicleState = state with { SoftwareUpdate = new SoftwareUpdate { Status = "" } } };
        turn = Starting.Online(turn, data, around, parksNow: reading.IsParked);
        turn = TelemetryCharging.MarkCharge(turn, reading);
        if (turn.Phase is VehiclePhase.Updating)
            turn = turn.Know(state => state with { VersionBefore = turn.Vehicle.StoredVersion });
        if (isWithout)
            turn = WaitForPlace(turn, reading);
        if (turn.Phase is VehiclePhase.Online or VehiclePhase.Suspended)
            turn = TelemetryDriving.FindOut(turn, reading, around);
        return TelemetryContacts.AskInFull(turn);
    }

    static Turn OnIdle(Turn turn, TelemetryReading reading, Surroundings around)
    {
        if (reading.HasPlace && turn.Vehicle.Telemetry.WithoutPlace is not null)
            turn = turn.Write(Positions.Entry(reading.Data, turn.Date, around));
        var version = turn.Vehicle.Telemetry.NotedVersion ?? turn.Vehicle.StoredVersion;
        turn = PhaseTransitions.Idle(turn, reading.Data, around);
        switch (turn.Phase)
        {
            case VehiclePhase.Driving { HasRow: false }:
                turn = WaitForPlace(turn, reading);
                break;
            case VehiclePhase.Charging { HasRow: false }:
                turn = WaitForPlace(turn, reading);
                break;
            case VehiclePhase.Updating:
                turn = turn.Know(state => state with { VersionBefore = version });
                break;
            case VehiclePhase.Online or VehiclePhase.Suspended:
                turn = TelemetryDriving.FindOut(turn, reading, around);
                break;
        }

        turn = TelemetryCharging.MarkCharge(turn, reading);
        return TelemetryContacts.AskInFull(turn);
    }

    /// <summary>An update ends with the first word about the version; a car that drives installs nothing any more.</summary>
    static Turn OnUpdating(Turn turn, TelemetryReading reading, Surroundings around)
    {
        var (data, before) = (reading.Data, turn.Vehicle.Telemetry.VersionBefore);
        var version = data.VehicleState?.CarVersion;
        var isOther = version is not null && FirstWord.Of(version) != FirstWord.Of(before);
        var isOver = data.VehicleState?.SoftwareUpdate?.Status != "installing" || data.DriveState?.ShiftState.IsInGear == true;
        if ((reading.HasVersion || data.DriveState?.ShiftState.IsInGear == true) && isOther)
            turn = turn.Write(new LogbookEntry.FinishUpdate(reading.CarTime, version)).Log(new Note.UpdateFinished(version));
        else if ((reading.HasVersion || data.DriveState?.ShiftState.IsInGear == true) && isOver)
            turn = turn.Write(new LogbookEntry.CancelUpdate()).Log(new Note.UpdateCancelled());
        else
        {
            return turn.Use().Publish();
        }

        turn = turn.Know(state => state with { NotedVersion = version ?? state.NotedVersion, VersionBefore = null });
        turn = turn.Become(new VehiclePhase.Start());
        // What the car still shows of the update that has just ended would begin another one.
        var settled = data.VehicleState is { SoftwareUpdate.Status: "installing" } state
            ? data with { VehicleState = state with { SoftwareUpdate = new SoftwareUpdate { Status = "" } } } : data;
        return PhaseTransitions.Raise(turn, settled, around);
    }

    static Turn NoteVersion(Turn turn, TelemetryReading reading)
    {
        var known = turn.Vehicle.Telemetry.NotedVersion ?? turn.Vehicle.StoredVersion;
        if (turn.Phase is VehiclePhase.Updating || reading.Data.VehicleState?.CarVersion is not { Length: > 0 } version
            || version == turn.Vehicle.Telemetry.NotedVersion)
            return turn;
        var isNew = known is not null && FirstWord.Of(known) != FirstWord.Of(version);
        turn = turn.Know(state => state with { NotedVersion = version, FullWanted = isNew ? "new version" : state.FullWanted });
        if (turn.Vehicle.Telemetry.NotedVersion is not null && isNew)
            turn = turn.Write(new LogbookEntry.NoteVersion(reading.CarTime, version));
        return turn;
    }

    /// <summary>What begins with this reading wants a place; what wanted one before it is over.</summary>
    public static Turn WaitForPlace(Turn turn, TelemetryReading reading)
        => turn.Know(state => state with { WithoutPlace = reading, PlaceDue = turn.Now + PlaceTimeout });

    /// <summary>No place came: the last known one stands in.</summary>
    public static Turn SettlePlace(Turn turn)
    {
        var waiting = turn.Vehicle.Telemetry.WithoutPlace;
        turn = turn.Know(state => state with { PlaceDue = null });
        if (waiting is null)
            return turn;
        turn = turn.At(waiting.CarTime);
        switch (turn.Phase)
        {
            case VehiclePhase.Driving { HasRow: false } driving when TelemetryDriving.StartAtLastPlace(turn, waiting) is { } started:
                turn = started.Become(driving with { HasRow = true }).Publish();
                break;
            case VehiclePhase.Online or VehiclePhase.Suspended when turn.Vehicle.LastPlace is { } place:
                var data = waiting.Data with
                {
                    DriveState = (waiting.Data.DriveState ?? new DriveState()) with
                    {
                        Latitude = place.Latitude,
                        Longitude = place.Longitude
                    }
                };
                turn = turn.Write(Positions.Entry(data, turn.Date, Surroundings.Unknown));
                turn = MissedDrive.Write(turn, data, Surroundings.Unknown);
                turn = turn.Know(state => state with { WithoutPlace = null });
                break;
            case VehiclePhase.Charging { HasRow: false } when turn.Vehicle.LastPlace is not null:
                turn = Charging.Begin(turn, waiting.Data, Surroundings.Unknown);
                turn = TelemetryCharging.MarkCharge(turn, waiting);
                turn = turn.Know(state => state with { WithoutPlace = null });
                break;
        }
        return turn;
    }

    /// <summary>What telemetry tells about the car itself fills only what is not known; its words are not always those of the API.</summary>
    public static VehicleData Fill(Vehicle vehicle, VehicleData data) => data.VehicleConfig is not { } config ? data : data with
    {
        VehicleConfig = config with
        {
            CarType = vehicle.Car.Model is null ? config.CarType : null,
            TrimBadging = vehicle.Car.TrimBadging is null ? config.TrimBadging : null,
            ExteriorColor = vehicle.Car.ExteriorColor is null ? config.ExteriorColor : null,
            WheelType = vehicle.Car.WheelType is null ? config.WheelType : null,
        },
    };
}
