using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Feeds;

namespace TeslaMate.Vehicles.Life;

/// <summary>Drives of a car that streams (spec fleet-telemetry 4), with a gear or, where none is told, by speed.</summary>
static class TelemetryDriving
{
    static readonly TimeSpan StandsForGood = TimeSpan.FromMinutes(3);
    static readonly TimeSpan MovesForGood = TimeSpan.FromSeconds(2);
    static readonly TimeSpan RowWithoutPlace = TimeSpan.FromSeconds(15);
    static readonly TimeSpan PowerForGood = TimeSpan.FromSeconds(10);

    const double LeastMph = 3;

    /// <summary>Whether a car does something that it has no word for: it moves without a gear, or charges without a state.</summary>
    public static Turn FindOut(Turn turn, TelemetryReading reading, Surroundings around)
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
        var hasPower = reading.Charge.PowerKw > TelemetryCharging.LeastPowerKw;
        var since = hasPower ? turn.Vehicle.Telemetry.PowerSince ?? reading.CarTime : (DateTimeOffset?)null;
        turn = turn.Know(state => state with { PowerSince = since });
        if (hasPower && reading.CarTime - since >= PowerForGood)
        {
            turn = Charging.Begin(turn, reading.Data, around);
            turn = TelemetryCharging.MarkCharge(turn, reading);
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
            turn = TelemetryRules.WaitForPlace(turn, first);
        return turn.Publish();
    }

    public static Turn OnDriving(Turn turn, VehiclePhase.Driving driving, TelemetryReading reading, Surroundings around)
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
            if (reading.CarTime - first.CarTime > TelemetryRules.PlaceTimeout && StartAtLastPlace(turn, first) is { } started)
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
    public static Turn? StartAtLastPlace(Turn turn, TelemetryReading first)
    {
        var data = turn.Vehicle.Telemetry.IsGearless ? WithSpeed(first) : first.Data;
        if (Readings.Position(data, first.CarTime, elsewhere: turn.Vehicle.LastPlace) is not { } position)
            return null;
        return turn.Write(new LogbookEntry.StartDrive(first.CarTime, position))
            .Log(new Note.DriveStarted())
            .Know(state => state with { PlaceDue = null, WithoutPlace = null });
    }

    /// <summary>When a drive without a gear ends if the car says no more; null where there is none, or the car moves.</summary>
    public static DateTimeOffset? StandingDue(Turn turn)
        => turn.Phase is VehiclePhase.Driving && turn.Vehicle.Telemetry is { IsGearless: true, StandingSince: not null } state
        ? state.LastData + StandsForGood : null;

    /// <summary>The car has stood for good: a drive without a gear has ended.</summary>
    public static Turn EndStanding(Turn turn) => turn.Vehicle.Telemetry.StandingSince is { } since
        ? EndDrive(turn.At(since + StandsForGood), turn.Vehicle.LastResponse ?? new VehicleData(), Surroundings.Unknown) : turn;

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

    /// <summary>More than a quarter of an hour between two records of a drive: the rules of a lost car judge it by the car's clock.</summary>
    public static Turn NoticeGap(Turn turn, TelemetryReading reading, Surroundings around, VehicleData? before)
    {
        // Polling may have told of the time in between.
        var gap = reading.CarTime - TelemetryContacts.Later(turn.Vehicle.Telemetry.LastCarTime, turn.Vehicle.LastPosition);
        if (turn.Phase is VehiclePhase.Driving driving && gap > TelemetryContacts.LostAfter && before is not null)
        {
            turn = turn.With(turn.Vehicle with { Parked = Readings.Position(before, turn.Date, elsewhere: turn.Vehicle.LastPlace) });
            turn = turn.Know(state => state with { IsGearless = false, StandingSince = null, Moving = null });
            turn = Driving.Judge(turn, driving, before, TelemetryRules.Fill(turn.Vehicle, reading.Data), around);
            if (turn.Phase is VehiclePhase.Online or VehiclePhase.Driving { HasRow: false }
                && reading.Data.DriveState is not { Latitude: not null, Longitude: not null })
                turn = TelemetryRules.WaitForPlace(turn, reading);
        }
        return turn;
    }

    /// <summary>A drive without a gear has the speed that the record itself tells.</summary>
    static VehicleData WithSpeed(TelemetryReading reading) => reading.Data with
    {
        DriveState = (reading.Data.DriveState ?? new DriveState()) with { ExactSpeed = reading.SpeedMph },
    };
}
