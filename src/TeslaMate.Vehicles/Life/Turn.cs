using TeslaMate.Logbook;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// One event being worked off: the car as it is by now, and what has come up to be done. Lives only inside <see cref="Vehicle.Transition"/>, so that
/// the rules can be read as the rows of the specification's tables. It is a builder: every method changes this turn and gives it back, so that a rule
/// may be written as a chain or as statements.
/// </summary>
sealed class Turn
{
    readonly List<LogbookEntry> _entries = [];
    readonly List<Effect> _effects = [];
    Effect.Poll? _poll;
    bool _isPollWanted;

    public Turn(Vehicle vehicle, DateTimeOffset now)
    {
        Vehicle = vehicle;
        Now = now;
        Date = now;
        // A clock that is set back must not make a car look freshly used or heard of, nor prolong its pause.
        if (now < vehicle.Seen - TimeSpan.FromSeconds(2))
        {
            var by = vehicle.Seen - now;
            Log(new Note.ServerClockTurnedBack(by));
            Vehicle = vehicle with
            {
                LastUsed = vehicle.LastUsed - by,
                LastSample = vehicle.LastSample - by,
                LastGoodAnswer = vehicle.LastGoodAnswer - by,
                LastFullAnswer = vehicle.LastFullAnswer - by,
                PollDue = vehicle.PollDue - by,
                StreamPollDue = vehicle.StreamPollDue - by,
                Phase = vehicle.Phase is VehiclePhase.Suspended suspended ? new VehiclePhase.Suspended(suspended.Until - by) : vehicle.Phase,
            };
        }

        Vehicle = Vehicle with { Seen = now };
    }

    public Vehicle Vehicle { get; set; }

    /// <summary>The server's clock.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>The time of what is being worked off: the car's clock in a record that it sent by itself, otherwise the server's.</summary>
    public DateTimeOffset Date { get; private set; }

    public VehiclePhase Phase => Vehicle.Phase;

    public PollingIntervals Polling => Vehicle.Settings.Polling;

    /// <summary>Adds to what this event writes; an entry that could not be made is left out.</summary>
    public Turn Write(params ReadOnlySpan<LogbookEntry?> entries)
    {
        foreach (var entry in entries)
        {
            if (entry is null)
                continue;
            _entries.Add(entry);
            if (PositionOf(entry) is { } position)
                Vehicle = Vehicle with { LastPosition = position.Date, LastPlace = new Coordinates(position.Latitude, position.Longitude) };
        }

        return this;
    }

    /// <summary>Publishes the car as it is at this point of the turn.</summary>
    public Turn Publish()
    {
        _effects.Add(new Effect.Publish(SummaryBuilder.ToPublish(Vehicle, Now)));
        return this;
    }

    /// <summary>What follows happened at this time.</summary>
    public Turn At(DateTimeOffset date)
    {
        Date = date;
        return this;
    }

    public Turn Do(Effect effect)
    {
        _effects.Add(effect);
        return this;
    }

    public Turn Log(Note note) => Do(new Effect.Log(note));

    /// <summary>poll(n): after the given pause, and never sooner than the least one.</summary>
    public Turn Poll(TimeSpan after) => PollExactly(after > Polling.Minimum ? after : Polling.Minimum);

    /// <summary>poll(n) in seconds.</summary>
    public Turn Poll(double seconds) => Poll(TimeSpan.FromSeconds(seconds));

    /// <summary>poll(): in 10 s, whatever the least pause.</summary>
    public Turn PollSoon() => PollExactly(TimeSpan.FromSeconds(10));

    /// <summary>At once, whatever a request costs.</summary>
    public Turn PollNow()
    {
        _isPollWanted = true;
        return PollExactly(TimeSpan.Zero);
    }

    /// <summary>A pause that the least one does not lengthen.</summary>
    public Turn PollExactly(TimeSpan after) => Vehicle.Telemetry.Leads ? this : Arm(after);

    /// <summary>Wakes a car that streams up after a pause; nothing polls it, so the timer is free.</summary>
    public Turn ArmTelemetry(TimeSpan after) => Arm(after);

    Turn Arm(TimeSpan after)
    {
        Vehicle = Vehicle with { LastNumber = Vehicle.LastNumber + 1 };
        Vehicle = Vehicle with { Poll = Vehicle.LastNumber, PollDue = Now + after };
        _poll = new Effect.Poll(Vehicle.LastNumber, after);
        return this;
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
        _isPollWanted = true;
        PollExactly(due > Now ? due - Now : TimeSpan.Zero);
        Vehicle = Vehicle with { StreamPoll = Vehicle.Poll, StreamPollDue = due };
        return this;

        static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;
    }

    /// <summary>Starts the regular request, unless one is under way.</summary>
    public Turn Fetch(FetchPlan plan)
    {
        if (Vehicle.Request is not null)
            return this;
        Vehicle = Vehicle with { LastNumber = Vehicle.LastNumber + 1 };
        Vehicle = Vehicle with { Request = Vehicle.LastNumber };
        return Do(new Effect.Fetch(Vehicle.LastNumber, plan));
    }

    public Turn Become(VehiclePhase phase)
    {
        Vehicle = Vehicle with { Phase = phase };
        return this;
    }

    /// <summary>The car was active now.</summary>
    public Turn Use()
    {
        Vehicle = Vehicle with { LastUsed = Now };
        return this;
    }

    /// <summary>The published state begins.</summary>
    public Turn Since(DateTimeOffset since)
    {
        Vehicle = Vehicle with { Since = since };
        return this;
    }

    /// <summary>
    /// Writes the row of <c>states</c> and remembers it, by the same rule that the logbook has. A row that went on through a drive, a charge or an
    /// update does not take the published state back to its beginning.
    /// </summary>
    public Turn StartState(CarActivity activity, DateTimeOffset date)
    {
        Write(new LogbookEntry.StartState(activity, date));
        if (Vehicle.OpenState is not { } open || open.Activity != activity)
            Vehicle = Vehicle with { OpenState = new OpenState(activity, Vehicle.OpenState?.Since > date ? Vehicle.OpenState.Since : date) };
        return Since(Vehicle.Since > Vehicle.OpenState.Since ? date : Vehicle.OpenState.Since);
    }

    /// <summary>Connects a stream if the car's settings want one and none is held.</summary>
    public Turn ConnectStream()
    {
        if (Vehicle.IsStreaming || !Vehicle.Car.Settings.UseStreamingApi || Vehicle.Telemetry.Leads)
            return this;
        Vehicle = Vehicle with { LastNumber = Vehicle.LastNumber + 1 };
        Vehicle = Vehicle with { Stream = Vehicle.LastNumber };
        return Do(new Effect.ConnectStream(Vehicle.LastNumber));
    }

    public Turn DisconnectStream()
    {
        if (!Vehicle.IsStreaming)
            return this;
        Vehicle = Vehicle with { Stream = null, LastSample = null, LastInGear = null };
        return Do(new Effect.DisconnectStream());
    }

    /// <summary>Polling stands in for what the car does not send, and each request costs money.</summary>
    bool IsFallback => Vehicle is { Telemetry.IsBroken: true, Settings.IsPriced: true };

    public (Vehicle Next, IReadOnlyList<Effect> Effects) End()
    {
        // By the phase that the car is in now.
        if (_poll is { } poll && IsFallback && !_isPollWanted && PollingIntervals.WhereEachCosts(Phase) is var least && poll.After < least)
        {
            _poll = poll with { After = least };
            Vehicle = Vehicle with { PollDue = Now + least };
        }

        List<Effect> effects = new(_effects.Count + 2);
        if (_entries.Count > 0)
            effects.Add(new Effect.Write(_entries));
        effects.AddRange(_effects);
        if (_poll is not null)
            effects.Add(_poll);
        return (Vehicle, effects);
    }

    static PositionReading? PositionOf(LogbookEntry entry) => entry switch
    {
        LogbookEntry.InsertPosition(var position) => position,
        LogbookEntry.InsertDrivePosition(var position) => position,
        LogbookEntry.StartDrive(_, var position) => position,
        LogbookEntry.StartCharging(_, var position, _) => position,
        _ => null,
    };
}
