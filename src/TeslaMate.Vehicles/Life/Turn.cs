using System.Collections.Immutable;
using TeslaMate.Logbook;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// One event being worked off: the car as it is by now, and what has come up to be done. Lives only inside <see cref="Vehicle.Transition"/>, so that
/// the rules can be read as the rows of the specification's tables. A value: every method gives the next turn, and the build refuses a rule that
/// drops one.
/// </summary>
sealed record Turn
{
    public static Turn Begin(Vehicle vehicle, DateTimeOffset now)
    {
        var turn = new Turn { Vehicle = vehicle, Now = now, Date = now };
        // A clock that is set back must not make a car look freshly used or heard of, nor prolong its pause.
        if (now < vehicle.Seen - TimeSpan.FromSeconds(2))
        {
            var by = vehicle.Seen - now;
            turn = turn.Log(new Note.ServerClockTurnedBack(by)).With(vehicle with
            {
                LastUsed = vehicle.LastUsed - by,
                LastSample = vehicle.LastSample - by,
                LastGoodAnswer = vehicle.LastGoodAnswer - by,
                LastFullAnswer = vehicle.LastFullAnswer - by,
                PollDue = vehicle.PollDue - by,
                StreamPollDue = vehicle.StreamPollDue - by,
                Phase = vehicle.Phase is VehiclePhase.Suspended suspended ? new VehiclePhase.Suspended(suspended.Until - by) : vehicle.Phase,
            });
        }

        return turn.With(turn.Vehicle with { Seen = now });
    }

    public required Vehicle Vehicle { get; init; }

    /// <summary>The server's clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The time of what is being worked off: the car's clock in a record that it sent by itself, otherwise the server's.</summary>
    public required DateTimeOffset Date { get; init; }

    public VehiclePhase Phase => Vehicle.Phase;

    public PollingIntervals Polling => Vehicle.Settings.Polling;

    /// <summary>What this event writes, the newest first.</summary>
    ImmutableStack<LogbookEntry> Entries { get; init; } = [];

    /// <summary>What else is to be done, the newest first.</summary>
    ImmutableStack<Effect> Effects { get; init; } = [];

    /// <summary>The poll that this event asks for; a later one replaces it.</summary>
    Effect.Poll? NextPoll { get; init; }

    /// <summary>Whether a poll is wanted whatever a request costs.</summary>
    bool IsPollWanted { get; init; }

    /// <summary>Polling stands in for what the car does not send, and each request costs money.</summary>
    bool IsFallback => Vehicle is { Telemetry.IsBroken: true, Settings.IsPriced: true };

    /// <summary>The car as it is known from here on.</summary>
    public Turn With(Vehicle vehicle) => this with { Vehicle = vehicle };

    /// <summary>What is known from here on about a car that sends its data by itself.</summary>
    public Turn Know(Func<TelemetryState, TelemetryState> change) => With(Vehicle with { Telemetry = change(Vehicle.Telemetry) });

    /// <summary>Adds to what this event writes; an entry that could not be made is left out.</summary>
    public Turn Write(params ReadOnlySpan<LogbookEntry?> entries)
    {
        var (written, vehicle) = (Entries, Vehicle);
        foreach (var entry in entries)
        {
            if (entry is null)
                continue;
            written = written.Push(entry);
            if (PositionOf(entry) is { } position)
                vehicle = vehicle with { LastPosition = position.Date, LastPlace = new Coordinates(position.Latitude, position.Longitude) };
        }

        return this with { Entries = written, Vehicle = vehicle };
    }

    /// <summary>Publishes the car as it is at this point of the turn.</summary>
    public Turn Publish() => Do(new Effect.Publish(SummaryBuilder.ToPublish(Vehicle, Now)));

    /// <summary>What follows happened at this time.</summary>
    public Turn At(DateTimeOffset date) => this with { Date = date };

    public Turn Do(Effect effect) => this with { Effects = Effects.Push(effect) };

    public Turn Log(Note note) => Do(new Effect.Log(note));

    /// <summary>poll(n): after the given pause, and never sooner than the least one.</summary>
    public Turn Poll(TimeSpan after) => PollExactly(after > Polling.Minimum ? after : Polling.Minimum);

    /// <summary>poll(n) in seconds.</summary>
    public Turn Poll(double seconds) => Poll(TimeSpan.FromSeconds(seconds));

    /// <summary>poll(): in 10 s, whatever the least pause.</summary>
    public Turn PollSoon() => PollExactly(TimeSpan.FromSeconds(10));

    /// <summary>At once, whatever a request costs.</summary>
    public Turn PollNow() => (this with { IsPollWanted = true }).PollExactly(TimeSpan.Zero);

    /// <summary>A pause that the least one does not lengthen.</summary>
    public Turn PollExactly(TimeSpan after) => Vehicle.Telemetry.Leads ? this : Arm(after);

    /// <summary>Wakes a car that streams up after a pause; nothing polls it, so the timer is free.</summary>
    public Turn ArmTelemetry(TimeSpan after) => Arm(after);

    Turn Arm(TimeSpan after)
    {
        var number = Vehicle.LastNumber + 1;
        return this with
        {
            Vehicle = Vehicle with { LastNumber = number, Poll = number, PollDue = Now + after },
            NextPoll = new Effect.Poll(number, after),
        };
    }

    /// <summary>
    /// poll(0) because of the stream: at once, but no sooner than the floor after the last poll that the stream asked for. Asking again changes
    /// nothing about a poll that is waited for, so that a stream that asks every second cannot put it off for ever.
    /// </summary>
    public Turn PollForStream(TimeSpan floor)
    {
        // The stream itself costs nothing, so what it tells is asked about as often as on a drive.
        if (IsFallback && PollingIntervals.WhereEachCosts(new VehiclePhase.Start()) is var least && floor < least)
            floor = least;
        var isWaiting = Vehicle.Poll is not null && Vehicle.Poll == Vehicle.StreamPoll;
        var due = isWaiting && Vehicle.StreamPollDue is { } waiting ? waiting : Later(Now + Polling.Minimum, Vehicle.StreamPollDue + floor);
        if (!isWaiting && Vehicle is { Poll: not null, PollDue: { } regular } && regular > Now && regular <= due)
            return this;
        var armed = (this with { IsPollWanted = true }).PollExactly(due > Now ? due - Now : TimeSpan.Zero);
        return armed.With(armed.Vehicle with { StreamPoll = armed.Vehicle.Poll, StreamPollDue = due });

        static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;
    }

    /// <summary>Starts the regular request, unless one is under way.</summary>
    public Turn Fetch(FetchPlan plan)
    {
        if (Vehicle.Request is not null)
            return this;
        var number = Vehicle.LastNumber + 1;
        return With(Vehicle with { LastNumber = number, Request = number }).Do(new Effect.Fetch(number, plan));
    }

    public Turn Become(VehiclePhase phase) => With(Vehicle with { Phase = phase });

    /// <summary>The car was active now.</summary>
    public Turn Use() => With(Vehicle with { LastUsed = Now });

    /// <summary>The published state begins.</summary>
    public Turn Since(DateTimeOffset since) => With(Vehicle with { Since = since });

    /// <summary>
    /// Writes the row of <c>states</c> and remembers it, by the same rule that the logbook has. A row that went on through a drive, a charge or an
    /// update does not take the published state back to its beginning.
    /// </summary>
    public Turn StartState(CarActivity activity, DateTimeOffset date)
    {
        var state = Vehicle.OpenState is { } open && open.Activity == activity
            ? open
            : new OpenState(activity, Vehicle.OpenState?.Since > date ? Vehicle.OpenState.Since : date);
        return Write(new LogbookEntry.StartState(activity, date))
            .With(Vehicle with { OpenState = state, Since = Vehicle.Since > state.Since ? date : state.Since });
    }

    /// <summary>Connects a stream if the car's settings want one and none is held.</summary>
    public Turn ConnectStream()
    {
        if (Vehicle.IsStreaming || !Vehicle.Car.Settings.UseStreamingApi || Vehicle.Telemetry.Leads)
            return this;
        var number = Vehicle.LastNumber + 1;
        return With(Vehicle with { LastNumber = number, Stream = number }).Do(new Effect.ConnectStream(number));
    }

    public Turn DisconnectStream() => Vehicle.IsStreaming
        ? With(Vehicle with { Stream = null, LastSample = null, LastInGear = null }).Do(new Effect.DisconnectStream())
        : this;

    public (Vehicle Next, IReadOnlyList<Effect> Effects) End()
    {
        var (vehicle, poll) = (Vehicle, NextPoll);
        // By the phase that the car is in now.
        if (poll is not null && IsFallback && !IsPollWanted && PollingIntervals.WhereEachCosts(Phase) is var least && poll.After < least)
        {
            poll = poll with { After = least };
            vehicle = vehicle with { PollDue = Now + least };
        }

        List<Effect> effects = [];
        if (!Entries.IsEmpty)
            effects.Add(new Effect.Write([.. Entries.Reverse()]));
        effects.AddRange(Effects.Reverse());
        if (poll is not null)
            effects.Add(poll);
        return (vehicle, effects);
    }

    static PositionReading? PositionOf(LogbookEntry entry) => entry switch
    {
        LogbookEntry.InsertPosition(var position) => position,
        LogbookEntry.InsertDrivePosition(var position) => position,
        LogbookEntry.StartDrive(_, var position, _) => position,
        LogbookEntry.StartCharging(_, var position, _) => position,
        _ => null,
    };
}
