using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Identification;

namespace TeslaMate.Vehicles.Life;

/// <summary>A car that streams (spec fleet-telemetry 4): its records run through the phases of every car, on the car's own clock.</summary>
static class TelemetryRules
{
    /// <summary>Below this a lost contact is a hop between two networks.</summary>
    static readonly TimeSpan Hop = TimeSpan.FromSeconds(90);

    static readonly TimeSpan PlaceTimeout = TimeSpan.FromSeconds(60);
    static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(15);
    static readonly TimeSpan NeverBack = TimeSpan.FromHours(12);
    static readonly TimeSpan ChargeNeverBack = TimeSpan.FromHours(24);
    static readonly TimeSpan UpdateNeverBack = TimeSpan.FromHours(3);
    static readonly TimeSpan SleepCheck = TimeSpan.FromHours(6);
    static readonly TimeSpan SilenceCheck = TimeSpan.FromHours(2);
    static readonly TimeSpan SecondLook = TimeSpan.FromMinutes(5);
    static readonly TimeSpan Back = TimeSpan.FromMinutes(10);
    static readonly TimeSpan StandsForGood = TimeSpan.FromMinutes(3);
    static readonly TimeSpan MovesForGood = TimeSpan.FromSeconds(2);
    static readonly TimeSpan RowWithoutPlace = TimeSpan.FromSeconds(15);
    static readonly TimeSpan DirectRow = TimeSpan.FromSeconds(5);
    static readonly TimeSpan AlternatingRow = TimeSpan.FromSeconds(20);
    static readonly TimeSpan PowerForGood = TimeSpan.FromSeconds(10);

    const double LeastMph = 3;
    const double LeastPowerKw = 0.2;
    const double CounterToleranceKwh = 0.05;
    const double SamePlaceKm = 0.5;

    /// <summary>The car streams: one <c>vehicle</c> request tells whether it sleeps, and the rest comes by itself.</summary>
    public static Turn Begin(Turn turn)
    {
        turn = turn.Know(state => state with { IsConfigured = true, Leads = true });
        return Arm(Check(turn, "start"));
    }

    public static Turn OnContact(Turn turn, VehicleEvent.TelemetryContact contact)
    {
        turn = turn.Know(state => state with
        {
            IsConfigured = true,
            IsUp = contact.IsUp,
            IsContactTold = contact.IsTold,
            ContactSince = contact.Since,
            BackSince = contact.IsUp ? state.BackSince : null,
            OnlineAnswers = contact.IsUp ? 0 : state.OnlineAnswers,
            CheckAgain = contact.IsUp ? null : state.CheckAgain,
            WakeDue = contact.IsUp && turn.Phase is VehiclePhase.Start or VehiclePhase.Asleep or VehiclePhase.Offline
                ? turn.Now + PlaceTimeout : null,
        });
        if (!turn.Vehicle.Telemetry.Leads)
            return turn;
        if (!contact.IsUp && turn.Phase is VehiclePhase.Driving { Contact: Contact.Available } driving)
            turn = turn.Become(driving with { Contact = new Contact.Unavailable(0) }).Log(new Note.ConnectionLost("driving"));
        return Arm(turn);
    }

    /// <summary>The daily look says that the car will send nothing: polling takes over, and closes nothing.</summary>
    public static Turn OnCut(Turn turn, string? error) => turn.Vehicle.Telemetry.Leads
        ? Break(turn, error is null ? new Note.TelemetryUnsynced() : new Note.TelemetryRefused(error)) : turn;

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
            turn = Lead(turn.At(reading.CarTime));
            if (!turn.Vehicle.Telemetry.Leads)
            {
                // What is heard and not used is no gap when it is used again.
                turn = turn.Know(state => state with { LastCarTime = Later(state.LastCarTime, reading.CarTime) });
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
        return turn.Vehicle.Telemetry.Leads ? Arm(turn) : turn;
    }

    /// <summary>Time has passed: what was waited for is settled.</summary>
    public static Turn OnDue(Turn turn)
    {
        var (now, state) = (turn.Now, turn.Vehicle.Telemetry);
        if (state.PlaceDue <= now)
            turn = SettlePlace(turn);
        if (state.WakeDue <= now)
            turn = WakeWithoutData(turn);
        if (state.CheckAgain <= now)
        {
            turn = turn.Know(known => known with { CheckAgain = null });
            turn = Check(turn, "still silent");
        }

        if (!state.IsUp && state.ContactSince is { } since)
            turn = OnSilence(turn, since);
        else if (IsDue(state.LastData ?? state.ContactSince, SilenceCheck, now) && turn.Phase is VehiclePhase.Online
            && !(now - state.LastCheck < SilenceCheck))
            turn = Check(turn, "no data for two hours");
        if (turn.Phase is VehiclePhase.Driving && state is { IsGearless: true, StandingSince: { } standing } && state.LastData + StandsForGood <= now)
            turn = EndDrive(turn.At(standing + StandsForGood), turn.Vehicle.LastResponse ?? new VehicleData(), Surroundings.Unknown);
        turn = turn.At(now);
        return Arm(turn);
    }

    /// <summary>The answer to a request for <c>vehicle</c> or <c>vehicle_data</c>; null when there was no budget or no answer.</summary>
    public static Turn OnChecked(Turn turn, VehicleEvent.TelemetryChecked check)
    {
        if (check.Request == TelemetryRequest.VehicleData)
            return turn.Vehicle.Telemetry.Leads ? OnFull(turn, check.Answer) : turn;
        turn = turn.Know(state => state with { IsChecking = false });
        if (!turn.Vehicle.Telemetry.Leads)
            return turn;
        var availability = check.Answer is ApiAnswer<VehicleData>.Ok(var data) ? data.Availability : (Availability?)null;
        if (availability is not null)
            turn = turn.With(turn.Vehicle with { LastGoodAnswer = turn.Now });
        // Data that came meanwhile have answered already.
        if (turn.Vehicle.Telemetry.IsUp && turn.Phase is not VehiclePhase.Start)
            return Arm(turn);
        if (availability is Availability.Online)
        {
            var times = turn.Vehicle.Telemetry.OnlineAnswers + 1;
            turn = turn.Know(state => state with { OnlineAnswers = times, CheckAgain = times < 2 ? turn.Now + SecondLook : null });
            return times < 2 ? Arm(turn) : Break(turn, new Note.TelemetryBroken());
        }

        turn = turn.Know(state => state with { OnlineAnswers = 0, CheckAgain = null });
        switch (turn.Phase)
        {
            case VehiclePhase.Driving driving when IsDue(turn.Vehicle.Telemetry.LastData, NeverBack, turn.Now):
                turn = turn.Write(driving.HasRow ? new LogbookEntry.CloseDrive(DriveEnd.Timeout, turn.Vehicle.Settings.LookUpAddresses) : null);
                turn = GoAway(turn, availability);
                break;
            case VehiclePhase.Charging charging when IsDue(turn.Vehicle.Telemetry.ContactSince, ChargeNeverBack, turn.Now):
                turn = turn.Write(charging.HasRow ? new LogbookEntry.CompleteCharging(turn.Now) : null).Log(new Note.ChargingEnded());
                turn = GoAway(turn, availability);
                break;
            case VehiclePhase.Start or VehiclePhase.Online or VehiclePhase.Suspended:
                if (turn.Phase is not VehiclePhase.Start || availability is not null)
                    turn = GoAway(turn, availability);
                break;
            case VehiclePhase.Asleep when availability is Availability.Offline:
                turn = GoAway(turn, availability);
                break;
        }

        return Arm(turn);
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
        VehiclePhase.Asleep or VehiclePhase.Offline => Arm(Check(turn, "the owner asked")),
        // A car that answers while nothing is heard of it has a broken feed.
        _ when !turn.Vehicle.Telemetry.IsUp => Arm(Check(turn, "the owner asked")),
        _ => turn,
    };

    static Turn Apply(Turn turn, TelemetryReading reading, Surroundings around)
    {
        var before = turn.Vehicle.LastResponse;
        turn = NoticeGap(turn, reading, around, before);
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
                turn = OnDriving(turn, driving, reading, around);
                break;
            case VehiclePhase.Charging charging:
                turn = OnCharging(turn, charging, reading, around);
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
        turn = MarkCharge(turn, reading);
        if (turn.Phase is VehiclePhase.Updating)
            turn = turn.Know(state => state with { VersionBefore = turn.Vehicle.StoredVersion });
        if (isWithout)
            turn = WaitForPlace(turn, reading);
        if (turn.Phase is VehiclePhase.Online or VehiclePhase.Suspended)
            turn = FindOut(turn, reading, around);
        return AskInFull(turn);
    }

    /// <summary>A car that connects and says nothing is awake since then; it stands where it stood.</summary>
    static Turn WakeWithoutData(Turn turn)
    {
        var since = turn.Vehicle.Telemetry.ContactSince ?? turn.Now;
        turn = turn.Know(state => state with { WakeDue = null });
        // What an earlier run left open is settled by the first record.
        if (turn.Phase is not (VehiclePhase.Start or VehiclePhase.Asleep or VehiclePhase.Offline) || !turn.Vehicle.Unfinished.IsNothing)
            return turn;
        turn = turn.At(since).StartState(CarActivity.Online, since);
        if (turn.Vehicle.LastPlace is { } place)
        {
            var data = turn.Vehicle.Telemetry.Shown ?? new VehicleData();
            var standing = new DriveState { Timestamp = since, Latitude = place.Latitude, Longitude = place.Longitude };
            turn = turn.Write(Positions.Entry(data with { DriveState = standing }, since, Surroundings.Unknown));
        }

        return turn.Become(new VehiclePhase.Online()).Log(new Note.IsOnline()).Publish();
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
                turn = FindOut(turn, reading, around);
                break;
        }

        turn = MarkCharge(turn, reading);
        return AskInFull(turn);
    }

    /// <summary>Whether a car does something that it has no word for: it moves without a gear, or charges without a state.</summary>
    static Turn FindOut(Turn turn, TelemetryReading reading, Surroundings around)
    {
        var moving = turn.Vehicle.Telemetry.Moving;
        if (reading.SpeedMph >= LeastMph)
        {
            if (moving is not null && reading.CarTime - moving.CarTime >= MovesForGood)
            {
                return BeginGearless(turn, moving, reading, around);
            }

            turn = turn.Know(state => state with { Moving = moving ?? reading });
        }
        else if (reading.HasSpeed)
        {
            turn = turn.Know(state => state with { Moving = null });
        }

        if (reading.Charge.IsStateKnown)
            return turn;
        var hasPower = reading.Charge.PowerKw > LeastPowerKw;
        var since = hasPower ? turn.Vehicle.Telemetry.PowerSince ?? reading.CarTime : (DateTimeOffset?)null;
        turn = turn.Know(state => state with { PowerSince = since });
        if (hasPower && reading.CarTime - since >= PowerForGood)
        {
            turn = Charging.Begin(turn, reading.Data, around);
            turn = MarkCharge(turn, reading);
        }
        return turn;
    }

    static Turn BeginGearless(Turn turn, TelemetryReading first, TelemetryReading reading, Surroundings around)
    {
        var start = Readings.Position(WithSpeed(first), first.CarTime, around.ElevationM);
        turn = turn.At(first.CarTime);
        turn = Driving.Begin(turn, start).At(reading.CarTime);
        turn = turn.Know(state => state with { IsGearless = true, Moving = null, StandingSince = null });
        if (turn.Phase is VehiclePhase.Driving { HasRow: true } driving)
            turn = GoOn(turn, driving, reading, around);
        else
            turn = WaitForPlace(turn, first);
        return turn.Publish();
    }

    static Turn OnDriving(Turn turn, VehiclePhase.Driving driving, TelemetryReading reading, Surroundings around)
    {
        var gear = reading.Data.DriveState?.ShiftState;
        if (gear.IsInGear && turn.Vehicle.Telemetry.IsGearless)
            turn = turn.Know(state => state with { IsGearless = false, StandingSince = null });
        if (turn.Vehicle.Telemetry.IsGearless)
        {
            var since = turn.Vehicle.Telemetry.StandingSince;
            if (reading.HasSpeed)
                since = reading.SpeedMph > 0 ? null : since ?? reading.CarTime;
            turn = turn.Know(state => state with { StandingSince = since });
            if (reading.CarTime - since >= StandsForGood || (reading.IsParked && !(reading.SpeedMph >= LeastMph)))
            {
                return EndDrive(turn, reading.Data, around);
            }
        }
        else if (gear.IsParked)
        {
            return EndDrive(turn, reading.Data, around);
        }

        return GoOn(turn, driving with { Contact = new Contact.Available() }, reading, around);
    }

    static Turn GoOn(Turn turn, VehiclePhase.Driving driving, TelemetryReading reading, Surroundings around)
    {
        var hasRow = driving.HasRow;
        var data = turn.Vehicle.Telemetry.IsGearless ? WithSpeed(reading) : reading.Data;
        var own = Readings.Position(data, turn.Date, around.ElevationM);
        if (!hasRow)
        {
            var first = turn.Vehicle.Telemetry.WithoutPlace ?? reading;
            if (reading.CarTime - first.CarTime > PlaceTimeout && StartAtLastPlace(turn, first) is { } started)
                (turn, hasRow) = (started, true);
            if (!hasRow && reading.HasPlace && own is not null)
            {
                turn = turn.Write(new LogbookEntry.StartDrive(first.CarTime, own)).Log(new Note.DriveStarted());
                turn = turn.Know(state => state with { PlaceDue = null, WithoutPlace = null });
                hasRow = true;
            }
        }

        // Where a loss has made the place unknown, only a new one counts; and never two rows of one moment.
        var isDue = reading.HasPlace || (reading.HasMotion && !IsTooSoon(turn, reading));
        if (hasRow && isDue && own is not null && own.Date > turn.Vehicle.LastPosition)
            turn = turn.Write(new LogbookEntry.InsertDrivePosition(own));
        return turn.Become(driving with { HasRow = hasRow }).Use().Publish();
    }

    static bool IsTooSoon(Turn turn, TelemetryReading reading) => reading.CarTime - turn.Vehicle.LastPosition < RowWithoutPlace;

    /// <summary>Null where no place is known.</summary>
    static Turn? StartAtLastPlace(Turn turn, TelemetryReading first)
    {
        var data = turn.Vehicle.Telemetry.IsGearless ? WithSpeed(first) : first.Data;
        if (Readings.Position(data, first.CarTime, elsewhere: turn.Vehicle.LastPlace) is not { } position)
            return null;
        return turn.Write(new LogbookEntry.StartDrive(first.CarTime, position))
            .Log(new Note.DriveStarted())
            .Know(state => state with { PlaceDue = null, WithoutPlace = null });
    }

    static Turn EndDrive(Turn turn, VehicleData data, Surroundings around)
    {
        if (turn.Phase is not VehiclePhase.Driving driving)
            return turn;
        // The end has waited for a place as long as the records did.
        if (data.DriveState is not { Latitude: not null, Longitude: not null } && turn.Vehicle.LastPlace is { } place)
            data = data with { DriveState = (data.DriveState ?? new DriveState()) with { Latitude = place.Latitude, Longitude = place.Longitude } };
        var hasRow = driving.HasRow;
        if (!hasRow && turn.Vehicle.Telemetry.WithoutPlace is { } first && StartAtLastPlace(turn, first) is { } started)
            (turn, hasRow) = (started, true);
        if (hasRow)
        {
            var last = Readings.Position(data, turn.Date, around.ElevationM, elsewhere: turn.Vehicle.LastPlace);
            turn = turn.Write(
                last is not null && last.Date > turn.Vehicle.LastPosition ? new LogbookEntry.InsertDrivePosition(last) : null,
                new LogbookEntry.CloseDrive(DriveEnd.Ended, turn.Vehicle.Settings.LookUpAddresses));
        }

        turn = turn.Know(state => state with { IsGearless = false, StandingSince = null, Moving = null, PlaceDue = null, WithoutPlace = null });
        turn = turn.Use().Become(new VehiclePhase.Start());
        return PhaseTransitions.Raise(turn, data.Availability == Availability.Online ? data : data with { State = "online" }, around);
    }

    static Turn OnCharging(Turn turn, VehiclePhase.Charging charging, TelemetryReading reading, Surroundings around)
    {
        var data = reading.Data;
        var last = turn.Vehicle.Telemetry.LastCharge;
        var isCharging = (reading.Charge.IsStateKnown ? data.ChargeState?.IsCharging == true : reading.Charge.PowerKw > LeastPowerKw)
            && data.DriveState?.ShiftState.IsInGear != true;
        var moved = Conversions.Kilometres(data.VehicleState?.OdometerMiles - last?.OdometerMiles, decimals: 6);
        // Rounded, since the counter has two decimals and a difference of doubles has not.
        var fell = Math.Round((double?)data.ChargeState?.ChargeEnergyAdded - last?.EnergyKwh ?? 0, 3) < -CounterToleranceKwh;
        if (isCharging && (fell || moved > SamePlaceKm))
        {
            turn = Complete(turn, charging, turn.Vehicle.Telemetry.LastCharge is null ? null : reading.Charge with { UsedKwh = null });
            turn = turn.Become(new VehiclePhase.Start());
            turn = PhaseTransitions.Raise(turn, data, around);
            return MarkCharge(turn, reading, isNew: true);
        }

        if (!isCharging)
        {
            turn = turn.Write(Positions.Entry(data, turn.Date, around));
            if (charging.HasRow && !(reading.CarTime <= last?.Date))
                turn = turn.Write(Row(reading));
            turn = Complete(turn, charging, reading.Charge).Become(new VehiclePhase.Start());
            return PhaseTransitions.Raise(turn, data, around);
        }

        turn = turn.Use();
        if (!charging.HasRow)
        {
            turn = Charging.Begin(turn, data, around);
            return MarkCharge(turn, reading);
        }

        var hasPower = reading.Charge.PowerKw is > 0 or < 0;
        var had = last?.PowerKw is > 0 or < 0;
        var interval = reading.Charge.IsDirect ? DirectRow : AlternatingRow;
        var isDue = hasPower != had || data.ChargeState?.ChargerPhases != last?.Phases
            || (reading.Charge.IsChanged && reading.CarTime - last?.Date >= interval);
        if ((last is null || isDue) && !(reading.CarTime <= last?.Date))
        {
            turn = turn.Write(Row(reading));
            turn = MarkCharge(turn, reading, isNew: true);
        }
        else if (data.ChargeState?.ChargeEnergyAdded is { } energy)
        {
            turn = turn.Know(state => state with { LastCharge = last is null ? null : last with { EnergyKwh = energy } });
        }

        return turn.Publish();
    }

    /// <summary>A charge without any range is no row, as the first one of its process has told.</summary>
    static LogbookEntry.InsertCharge? Row(TelemetryReading reading)
        => Readings.Charge(reading.Data, reading.CarTime) is { } charge && (charge.IdealRangeKm ?? charge.RatedRangeKm) is not null
        ? new LogbookEntry.InsertCharge(charge with { EnergyAddedKwh = charge.EnergyAddedKwh ?? 0, ChargerPowerKw = charge.ChargerPowerKw ?? 0 })
        : null;

    static Turn Complete(Turn turn, VehiclePhase.Charging charging, ChargeFacts? facts)
    {
        turn = turn.Know(state => state with { LastCharge = null, PowerSince = null });
        return turn.Write(charging.HasRow ? new LogbookEntry.CompleteCharging(turn.Date, facts?.UsedKwh) : null).Log(new Note.ChargingEnded());
    }

    static Turn MarkCharge(Turn turn, TelemetryReading reading, bool isNew = false)
    {
        if (turn.Phase is not VehiclePhase.Charging { HasRow: true } || (!isNew && turn.Vehicle.Telemetry.LastCharge is not null))
            return turn;
        var charge = reading.Data.ChargeState;
        return turn.Know(state => state with
        {
            LastCharge = new ChargeMark(
                reading.CarTime, reading.Charge.PowerKw, charge?.ChargerPhases, charge?.ChargeEnergyAdded, reading.Data.VehicleState?.OdometerMiles),
        });
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

    /// <summary>More than a quarter of an hour between two records of a drive: the rules of a lost car judge it by the car's clock.</summary>
    static Turn NoticeGap(Turn turn, TelemetryReading reading, Surroundings around, VehicleData? before)
    {
        // Polling may have told of the time in between.
        var gap = reading.CarTime - Later(turn.Vehicle.Telemetry.LastCarTime, turn.Vehicle.LastPosition);
        if (turn.Phase is VehiclePhase.Driving driving && gap > LostAfter && before is not null)
        {
            turn = turn.With(turn.Vehicle with { Parked = Readings.Position(before, turn.Date, elsewhere: turn.Vehicle.LastPlace) });
            turn = turn.Know(state => state with { IsGearless = false, StandingSince = null, Moving = null });
            turn = Driving.Judge(turn, driving, before, Fill(turn.Vehicle, reading.Data), around);
            if (turn.Phase is VehiclePhase.Online or VehiclePhase.Driving { HasRow: false }
                && reading.Data.DriveState is not { Latitude: not null, Longitude: not null })
                turn = WaitForPlace(turn, reading);
        }
        return turn;
    }

    static Turn OnSilence(Turn turn, DateTimeOffset since)
    {
        var (now, state) = (turn.Now, turn.Vehicle.Telemetry);
        switch (turn.Phase)
        {
            case VehiclePhase.Online or VehiclePhase.Suspended when IsDue(since, Hop, now) && IsSleepSure(state):
                turn = GoAway(turn, Availability.Asleep);
                break;
            case VehiclePhase.Online or VehiclePhase.Suspended when IsDue(since, Hop, now) && !state.IsChecking && state.CheckAgain is null:
                turn = Check(turn, state.IsGearKnown ? "silent, connections unknown" : "silent, gear unknown");
                break;
            case VehiclePhase.Driving { Contact: Contact.Available or Contact.Unavailable } driving when IsDue(since, LostAfter, now):
                turn = turn.Become(driving with { Contact = new Contact.Lost(turn.Vehicle.LastResponse) }).Log(new Note.Lost()).Publish();
                break;
            case VehiclePhase.Driving when IsDue(state.LastData, NeverBack, now) && !(now - state.LastCheck < NeverBack):
                turn = Check(turn, "a drive without an end");
                break;
            case VehiclePhase.Charging when IsDue(since, ChargeNeverBack, now) && !(now - state.LastCheck < ChargeNeverBack):
                turn = Check(turn, "a charge without an end");
                break;
            case VehiclePhase.Updating when IsDue(since, UpdateNeverBack, now) && !(state.LastCheck > since):
                turn = Check(turn, "an update without an end");
                break;
            case VehiclePhase.Asleep or VehiclePhase.Offline when IsDue(Later(since, state.LastCheck), SleepCheck, now):
                turn = Check(turn, "asleep");
                break;
        }
        return turn;
    }

    /// <summary>A car in P whose connection has ended sleeps; where either is not known, Tesla is asked.</summary>
    static bool IsSleepSure(TelemetryState state) => state is { IsGearKnown: true, IsContactTold: true };

    /// <summary>Asleep or offline, from the moment the contact ended.</summary>
    static Turn GoAway(Turn turn, Availability? availability)
    {
        var isOffline = availability is Availability.Offline;
        var since = isOffline ? turn.Now : turn.Vehicle.Telemetry.ContactSince ?? turn.Vehicle.Telemetry.LastData ?? turn.Now;
        if (turn.Vehicle.OpenState?.Since > since)
            since = turn.Vehicle.OpenState.Since;
        turn = turn.StartState(isOffline ? CarActivity.Offline : CarActivity.Asleep, since)
            .Become(isOffline ? new VehiclePhase.Offline(TimeSpan.Zero) : new VehiclePhase.Asleep(TimeSpan.Zero))
            .Log(isOffline ? new Note.WentOffline() : new Note.FellAsleep())
            .Publish();
        return turn.Know(state => state with { Moving = null, PowerSince = null, PlaceDue = null, WithoutPlace = null });
    }

    /// <summary>Nothing comes by itself any more: polling takes over, and closes nothing.</summary>
    /// <param name="why">What the journal is told.</param>
    static Turn Break(Turn turn, Note why)
    {
        turn = turn.Know(state => state with
        {
            Leads = false,
            IsBroken = true,
            BackSince = null,
            CheckAgain = null,
            OnlineAnswers = 0,
            PlaceDue = null,
            WithoutPlace = null
        });
        turn = turn.Log(why);
        if (turn.Phase is VehiclePhase.Driving { Contact: Contact.Unavailable } driving)
            turn = turn.Become(driving with { Contact = new Contact.Available() });
        return turn.ConnectStream().PollNow();
    }

    /// <summary>
    /// Whether the car's records make the rows. The first one takes over from polling; after a failure data must flow for a while first.
    /// </summary>
    static Turn Lead(Turn turn)
    {
        var state = turn.Vehicle.Telemetry;
        if (state.Leads)
            return turn;
        if (state.IsBroken)
        {
            var since = state.BackSince ?? turn.Now;
            turn = turn.Know(known => known with { BackSince = since });
            if (turn.Now - since < Back)
                return turn;
        }

        turn = turn.DisconnectStream();
        return turn.With(turn.Vehicle with { Request = null, Poll = null, PreOnline = PreOnline.Idle, OutOfOrder = default })
            .Know(known => known with { IsConfigured = true, Leads = true, IsBroken = false, BackSince = null })
            .Log(new Note.TelemetryLeads());
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

    static Turn AskInFull(Turn turn)
    {
        if (turn.Vehicle.Telemetry is not { FullWanted: { } reason, IsUp: true } || turn.Phase is VehiclePhase.Suspended)
            return turn;
        turn = turn.Know(state => state with { FullWanted = null });
        return turn.Do(new Effect.CheckTelemetry(TelemetryRequest.VehicleData, reason));
    }

    static Turn OnFull(Turn turn, ApiAnswer<VehicleData>? answer)
    {
        if (answer is not ApiAnswer<VehicleData>.Ok({ IsFull: true } data))
        {
            // Unavailable just now: at the next contact again.
            if (answer is ApiAnswer<VehicleData>.Failed(ApiError.VehicleUnavailable))
                turn = turn.Know(state => state with { FullWanted = "the car was unavailable" });
            return Arm(turn);
        }

        var description = CarIdentification.Describe(turn.Vehicle.Car, data);
        turn = turn.With(turn.Vehicle with { Car = CarIdentification.Apply(turn.Vehicle.Car, description), LastGoodAnswer = turn.Now });
        return Arm(turn.Write(new LogbookEntry.UpdateCar(description)).Publish());
    }

    /// <summary>What begins with this reading wants a place; what wanted one before it is over.</summary>
    static Turn WaitForPlace(Turn turn, TelemetryReading reading)
        => turn.Know(state => state with { WithoutPlace = reading, PlaceDue = turn.Now + PlaceTimeout });

    /// <summary>No place came: the last known one stands in.</summary>
    static Turn SettlePlace(Turn turn)
    {
        var waiting = turn.Vehicle.Telemetry.WithoutPlace;
        turn = turn.Know(state => state with { PlaceDue = null });
        if (waiting is null)
            return turn;
        turn = turn.At(waiting.CarTime);
        switch (turn.Phase)
        {
            case VehiclePhase.Driving { HasRow: false } driving when StartAtLastPlace(turn, waiting) is { } started:
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
                turn = MarkCharge(turn, waiting);
                turn = turn.Know(state => state with { WithoutPlace = null });
                break;
        }
        return turn;
    }

    static Turn Check(Turn turn, string reason)
    {
        if (turn.Vehicle.Telemetry.IsChecking)
            return turn;
        turn = turn.Know(state => state with { IsChecking = true, LastCheck = turn.Now });
        return turn.Do(new Effect.CheckTelemetry(TelemetryRequest.Vehicle, reason));
    }

    /// <summary>Wakes this car up when the next rule is due; the poll timer is free while nothing is polled.</summary>
    static Turn Arm(Turn turn)
    {
        var (state, now) = (turn.Vehicle.Telemetry, turn.Now);
        var silent = state is { IsUp: false, ContactSince: not null } ? state.ContactSince : null;
        DateTimeOffset?[] dues =
        [
            state.PlaceDue,
            state.WakeDue,
            state.CheckAgain,
            (turn.Phase, state.IsChecking || state.CheckAgain is not null) switch
            {
                (VehiclePhase.Online or VehiclePhase.Suspended, var isAsking) when silent is not null && (IsSleepSure(state) || !isAsking)
                    => silent + Hop,
                (VehiclePhase.Online, false) => Later(state.LastData ?? state.ContactSince, state.LastCheck) + SilenceCheck,
                (VehiclePhase.Driving { Contact: Contact.Lost }, false) => Later(state.LastData, state.LastCheck) + NeverBack,
                (VehiclePhase.Driving { Contact: not Contact.Lost }, _) when silent is not null => silent + LostAfter,
                (VehiclePhase.Charging, false) when silent is not null => Later(silent, state.LastCheck) + ChargeNeverBack,
                (VehiclePhase.Updating, false) when silent is not null && !(state.LastCheck > silent) => silent + UpdateNeverBack,
                (VehiclePhase.Asleep or VehiclePhase.Offline, false) => Later(silent, state.LastCheck) + SleepCheck,
                _ => null,
            },
            turn.Phase is VehiclePhase.Driving && state is { IsGearless: true, StandingSince: not null } ? state.LastData + StandsForGood : null,
        ];
        var due = dues.Min();
        if (due is { } next)
            turn = turn.ArmTelemetry(next > now ? next - now : TimeSpan.FromSeconds(1));
        return turn;
    }

    static bool IsDue(DateTimeOffset? since, TimeSpan after, DateTimeOffset now) => since is { } began && now - began >= after;

    static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a > b ? a : b;

    /// <summary>What telemetry tells about the car itself fills only what is not known; its words are not always those of the API.</summary>
    static VehicleData Fill(Vehicle vehicle, VehicleData data) => data.VehicleConfig is not { } config ? data : data with
    {
        VehicleConfig = config with
        {
            CarType = vehicle.Car.Model is null ? config.CarType : null,
            TrimBadging = vehicle.Car.TrimBadging is null ? config.TrimBadging : null,
            ExteriorColor = vehicle.Car.ExteriorColor is null ? config.ExteriorColor : null,
            WheelType = vehicle.Car.WheelType is null ? config.WheelType : null,
        },
    };

    /// <summary>A drive without a gear has the speed that the record itself tells.</summary>
    static VehicleData WithSpeed(TelemetryReading reading) => reading.Data with
    {
        DriveState = (reading.Data.DriveState ?? new DriveState()) with { ExactSpeed = reading.SpeedMph },
    };
}
