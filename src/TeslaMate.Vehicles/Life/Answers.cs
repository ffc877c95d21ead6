using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>What a request brought (spec vehicle 5.4 and 5.5).</summary>
static class Answers
{
    static readonly TimeSpan FarthestAhead = TimeSpan.FromDays(1);

    public static Turn On(Turn turn, VehicleEvent.Answered answered)
    {
        // The result of a request that was given up for a manual suspend.
        if (turn.Vehicle.Request != answered.Request)
            return turn;
        turn = turn.With(turn.Vehicle with { Request = null });
        turn = answered.Answer switch
        {
            ApiAnswer<VehicleData>.Ok(var data) => OnData(turn, data, answered.Around),
            ApiAnswer<VehicleData>.Failed(var error) => Failures.On(turn, error),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return turn.With(turn.Vehicle with { GearDoubt = turn.Vehicle.GearDoubt.AfterAsking() });
    }

    /// <summary>The extra <c>vehicle</c> request of a suspended car whose stream fell silent: only a sleep is news.</summary>
    public static Turn OnAvailabilityProbed(Turn turn, VehicleEvent.AvailabilityProbed probed) => (turn.Phase, probed.Answer) switch
    {
        (VehiclePhase.Suspended, ApiAnswer<VehicleData>.Ok({ Availability: Availability.Asleep or Availability.Offline } data)) =>
            PhaseTransitions.Raise(Good(turn), data, probed.Around),
        _ => turn,
    };

    static Turn OnData(Turn turn, VehicleData data, Surroundings around) => data switch
    {
        { Availability: Availability.Online } when IsOutOfOrder(turn, data) is { } by => Discard(turn, data, around, by),
        { IsFull: true } => Accept(turn, data, around),
        { IsBare: true } => OnBare(turn, data, around),
        { Availability: Availability.Asleep or Availability.Offline } => OnAway(turn, data, around),
        _ => turn.Log(new Note.UnknownState(data.State)).PollSoon(),
    };

    /// <summary>A full answer becomes what is known of the car.</summary>
    public static Turn Accept(Turn turn, VehicleData data, Surroundings around)
    {
        var was = turn.Vehicle.LastResponse?.VehicleState?.ServiceMode == true;
        var isNow = data.VehicleState?.ServiceMode == true;
        if (was != isNow)
            turn = turn.Log(isNow ? new Note.ServiceModeEntered() : new Note.ServiceModeLeft());
        turn = Driving.JudgeGap(turn, data);
        turn = Charging.NoticeSilence(turn, data);
        turn = Remember(turn, data, around);
        return PhaseTransitions.Raise(turn, data, around);
    }

    /// <summary>Takes a full answer to the memory, without any consequence.</summary>
    public static Turn Remember(Turn turn, VehicleData data, Surroundings around)
    {
        turn = Good(turn);
        return turn.With(turn.Vehicle with
        {
            LastResponse = data,
            IsRestored = false,
            TerrainM = around.ElevationM,
            LastFullAnswer = turn.Now,
            LongestPauseOfStream = TimeSpan.Zero,
            GearDoubt = turn.Vehicle.GearDoubt.After(data, turn.Vehicle.LastInGear),
            OutOfOrder = default,
        });
    }

    static Turn OnBare(Turn turn, VehicleData data, Surroundings around)
    {
        turn = Good(turn);
        return (turn.Phase, turn.Vehicle.Car.Settings.UseStreamingApi) switch
        {
            // The `vehicle` request at a car that is left alone.
            (VehiclePhase.Suspended suspended, false) when !Suspending.IsOver(suspended, turn.Now) => Suspending.LookAgain(turn, suspended),
            (_, false) => turn.Log(new Note.Incomplete()).PollSoon(),
            (VehiclePhase.Start, true) => WakingUp.OnBareAtStart(turn, data, around),
            (VehiclePhase.Asleep or VehiclePhase.Offline, true) => WakingUp.OnBare(turn),
            (_, true) => turn.Poll(30),
        };
    }

    static Turn OnAway(Turn turn, VehicleData data, Surroundings around)
    {
        turn = Good(turn).DisconnectStream();
        turn = turn.With(turn.Vehicle with { PreOnline = PreOnline.Idle, OutOfOrder = default });
        if (turn.Vehicle.LastResponse is null)
            turn = Restoring.Restore(turn, data, around);
        return PhaseTransitions.Raise(turn, data, around);
    }

    static Turn Good(Turn turn)
    {
        return turn.With(turn.Vehicle with { LastGoodAnswer = turn.Now, ErrorsInARow = 0, RefusalsInARow = 0, LastError = null });
    }

    /// <summary>How far an answer's time is out of order; null when it can be used.</summary>
    static TimeSpan? IsOutOfOrder(Turn turn, VehicleData data)
    {
        if (data.DriveState?.Timestamp is not { } time || turn.Vehicle.LastResponse?.DriveState?.Timestamp is not { } last)
            return null;
        var latest = (last > turn.Now ? last : turn.Now) + FarthestAhead;
        return time < last ? last - time : time > latest ? time - latest : null;
    }

    /// <summary>
    /// What is open ends before the car's clock jumps: its rows are put in order by their dates, and the new ones would stand before the old ones.
    /// </summary>
    static Turn Interrupt(Turn turn) => turn.Phase switch
    {
        VehiclePhase.Driving { HasRow: true } => turn
            .Write(new LogbookEntry.CloseDrive(DriveEnd.Aborted, turn.Vehicle.Settings.LookUpAddresses)).Become(new VehiclePhase.Start()),
        VehiclePhase.Charging { HasRow: true } => turn
            .Write(new LogbookEntry.CompleteCharging(turn.Now)).Log(new Note.ChargingEnded()).Become(new VehiclePhase.Start()),
        _ => turn,
    };

    /// <summary>The first one is asked again at once, the following ones ever later, so that a cache is not stormed.</summary>
    static Turn Discard(Turn turn, VehicleData data, Surroundings around, TimeSpan by)
    {
        var next = turn.Vehicle.OutOfOrder.And(data.DriveState?.Timestamp);
        if (data.IsFull && next.IsClockSet(by))
        {
            turn = turn.Log(new Note.ClockAccepted());
            turn = turn.With(turn.Vehicle with { LastPosition = null, LastDrivingSample = null });
            return Accept(Interrupt(turn), data, around);
        }

        return turn.With(turn.Vehicle with { OutOfOrder = next }).Log(new Note.OutOfOrder(by)).Poll(next.Pause);
    }
}

/// <summary>Answers that were discarded in a row because their time made no sense.</summary>
/// <param name="Advancing">How many of them were newer than the one before.</param>
readonly record struct OutOfOrder(int Discarded, int Advancing, DateTimeOffset? Last)
{
    static readonly RetryPolicy Retries = new(First: TimeSpan.FromSeconds(2.5), Longest: TimeSpan.FromSeconds(32.5));

    public OutOfOrder And(DateTimeOffset? time) => new(Discarded + 1, Last is null || time > Last ? Advancing + 1 : Advancing, time);

    /// <summary>A cache repeats an answer; a car whose clock was set goes on from the new time.</summary>
    public bool IsClockSet(TimeSpan by) => Advancing > (by > TimeSpan.FromMinutes(5) ? 3 : 10);

    /// <summary>At once after the first, then later and later, up to half a minute.</summary>
    public TimeSpan Pause => Retries.Pause(Discarded - 1) - Retries.First;
}
