using TeslaMate.Logbook;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles.Feeds;
using TeslaMate.Vehicles.Identification;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// Whether a car that streams is heard (spec fleet-telemetry 4): what its silence means, when Tesla is asked, and when polling takes over.
/// </summary>
static class TelemetryContacts
{
    /// <summary>Below this a lost contact is a hop between two networks.</summary>
    static readonly TimeSpan Hop = TimeSpan.FromSeconds(90);
    internal static readonly TimeSpan LostAfter = TimeSpan.FromMinutes(15);
    static readonly TimeSpan NeverBack = TimeSpan.FromHours(12);
    static readonly TimeSpan ChargeNeverBack = TimeSpan.FromHours(24);
    static readonly TimeSpan UpdateNeverBack = TimeSpan.FromHours(3);
    static readonly TimeSpan SleepCheck = TimeSpan.FromHours(6);
    static readonly TimeSpan SilenceCheck = TimeSpan.FromHours(2);
    static readonly TimeSpan SecondLook = TimeSpan.FromMinutes(5);
    static readonly TimeSpan Back = TimeSpan.FromMinutes(10);

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
                ? turn.Now + TelemetryRules.PlaceTimeout : null,
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

    /// <summary>Time has passed: what was waited for is settled.</summary>
    public static Turn OnDue(Turn turn)
    {
        var (now, state) = (turn.Now, turn.Vehicle.Telemetry);
        if (state.PlaceDue <= now)
            turn = TelemetryRules.SettlePlace(turn);
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
        if (TelemetryDriving.StandingDue(turn) <= now)
            turn = TelemetryDriving.EndStanding(turn);
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
    public static Turn Lead(Turn turn)
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

    public static Turn AskInFull(Turn turn)
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

    public static Turn Check(Turn turn, string reason)
    {
        if (turn.Vehicle.Telemetry.IsChecking)
            return turn;
        turn = turn.Know(state => state with { IsChecking = true, LastCheck = turn.Now });
        return turn.Do(new Effect.CheckTelemetry(TelemetryRequest.Vehicle, reason));
    }

    /// <summary>Wakes this car up when the next rule is due; the poll timer is free while nothing is polled.</summary>
    public static Turn Arm(Turn turn)
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
            TelemetryDriving.StandingDue(turn),
        ];
        var due = dues.Min();
        if (due is { } next)
            turn = turn.ArmTelemetry(next > now ? next - now : TimeSpan.FromSeconds(1));
        return turn;
    }

    static bool IsDue(DateTimeOffset? since, TimeSpan after, DateTimeOffset now) => since is { } began && now - began >= after;

    public static DateTimeOffset? Later(DateTimeOffset? a, DateTimeOffset? b) => a is null ? b : b is null || a > b ? a : b;
}
