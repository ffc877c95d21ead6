using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Vehicles.Life;

/// <summary>
/// All that is remembered about one car (spec vehicle 5.1). A value: <see cref="Transition"/> makes the next one out of it and an event, and says
/// what is to be done. There is no clock, no request and no database in here.
/// </summary>
sealed record Vehicle
{
    public required Car Car { get; init; }

    public required VehicleSettings Settings { get; init; }

    public VehiclePhase Phase { get; init; } = new VehiclePhase.Start();

    /// <summary>What an earlier run, or a sign-out, left open; settled by the first answer that tells enough.</summary>
    public Unfinished Unfinished { get; init; } = Unfinished.Nothing;

    /// <summary>The last activity; how long a car is idle is counted from here.</summary>
    public required DateTimeOffset LastUsed { get; init; }

    /// <summary>The last accepted answer: full, restored, or merged with stream samples.</summary>
    public VehicleData? LastResponse { get; init; }

    /// <summary><see cref="LastResponse"/> was made from the database (spec vehicle 5.6).</summary>
    public bool IsRestored { get; init; }

    /// <summary>When the published state began.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Metres, from the last streamed sample of a drive.</summary>
    public int? Elevation { get; init; }

    public SummaryGeofence? Geofence { get; init; }

    /// <summary>Metres at the last answer, from the terrain model; only for cars without a stream.</summary>
    public int? TerrainM { get; init; }

    /// <summary>The number of the stream that is held.</summary>
    public long? Stream { get; init; }

    /// <summary>The server's clock when the stream last said something.</summary>
    public DateTimeOffset? LastSample { get; init; }

    /// <summary>The car's clock in the newest streamed sample of a drive.</summary>
    public DateTimeOffset? LastDrivingSample { get; init; }

    /// <summary>The longest time between two readings of a drive, answers or samples, since the last full answer.</summary>
    public TimeSpan LongestPauseOfStream { get; init; }

    /// <summary>The last streamed sample, if it has a gear.</summary>
    public StreamReading? LastInGear { get; init; }

    /// <summary>What a gear on the stream is worth while the answers say that the car is parked.</summary>
    public GearDoubt GearDoubt { get; init; } = GearDoubt.None;

    /// <summary>The number of the poll timer that was armed because of the stream.</summary>
    public long? StreamPoll { get; init; }

    /// <summary>When the last poll that the stream asked for was or is due.</summary>
    public DateTimeOffset? StreamPollDue { get; init; }

    public PreOnline PreOnline { get; init; }

    /// <summary>The number of the regular request that is under way.</summary>
    public long? Request { get; init; }

    /// <summary>The number of the poll timer that is armed.</summary>
    public long? Poll { get; init; }

    /// <summary>The server's clock when that timer runs out.</summary>
    public DateTimeOffset? PollDue { get; init; }

    /// <summary>The last number given to a stream, request or timer.</summary>
    public long LastNumber { get; init; }

    /// <summary>The open row of <c>states</c>.</summary>
    public OpenState? OpenState { get; init; }

    /// <summary>The newest position with an ideal range that the database had at the start.</summary>
    public PositionReading? StoredPosition { get; init; }

    /// <summary>The newest software version that the database had at the start.</summary>
    public string? StoredVersion { get; init; }

    /// <summary>Where and how the car was last seen parked; a drive that nobody saw is reconstructed from here.</summary>
    public PositionReading? Parked { get; init; }

    /// <summary>Why the car could not be left alone when it was due, until it can; the journal tells each reason once.</summary>
    public string? AwakeFor { get; init; }

    /// <summary>The car's clock in the last position that was written.</summary>
    public DateTimeOffset? LastPosition { get; init; }

    /// <summary>The last place the car was known to be at.</summary>
    public Coordinates? LastPlace { get; init; }

    public OutOfOrder OutOfOrder { get; init; }

    /// <summary>What is known about a car that sends its data by itself.</summary>
    public TelemetryState Telemetry { get; init; } = TelemetryState.None;

    public CircuitBreaker ApiErrors { get; init; } = Breakers.ApiErrors;

    public CircuitBreaker NotFound { get; init; } = Breakers.NotFound;

    /// <summary>Polling has stopped until there are tokens.</summary>
    public bool IsSignedOut { get; init; }

    /// <summary>The server's clock at the last event.</summary>
    public required DateTimeOffset Seen { get; init; }

    public DateTimeOffset? LastGoodAnswer { get; init; }

    public DateTimeOffset? LastFullAnswer { get; init; }

    public int ErrorsInARow { get; init; }

    /// <summary>How many of the last requests Tesla refused without a hint that repeating helps.</summary>
    public int RefusalsInARow { get; init; }

    public string? LastError { get; init; }

    public bool IsStreaming => Stream is not null;

    public bool IsHealthy(DateTimeOffset now) => !ApiErrors.IsOpen(now) && !NotFound.IsOpen(now);

    /// <summary>The place that the database had at the start.</summary>
    public Coordinates? StoredPlace => StoredPosition is { } stored ? new Coordinates(stored.Latitude, stored.Longitude) : null;

    /// <summary>Where an answer would place the car: what it says, else the stored place of a car that has not said anything yet.</summary>
    public Coordinates? PlaceOf(VehicleData data) => (data.DriveState, LastResponse) switch
    {
        ({ Latitude: { } latitude, Longitude: { } longitude }, _) => new Coordinates(latitude, longitude),
        (_, null) => StoredPlace,
        _ => null,
    };

    /// <summary>A car at the start of its loop.</summary>
    /// <param name="open">What the logbook has open for it.</param>
    public static Vehicle Begin(Car car, VehicleSettings settings, OpenEntries open, DateTimeOffset now) => new()
    {
        Car = car,
        Settings = settings,
        LastUsed = now,
        Seen = now,
        Since = open.State?.Since,
        OpenState = open.State,
        Unfinished = Unfinished.From(open),
        StoredPosition = open.LatestPosition,
        StoredVersion = open.LatestUpdate?.Version ?? open.Update?.VersionBefore,
        // A car with an open drive was not parked when it was last seen, nor one that had a speed: the rest of that drive may be logged already.
        Parked = open is { Drive: null, LatestPosition.SpeedKmH: null } ? open.LatestPosition : null,
        LastPosition = open.LatestPosition?.Date,
        LastPlace = (open.Drive?.Last ?? open.LatestPosition) is { } position ? new Coordinates(position.Latitude, position.Longitude) : null,
    };

    /// <summary>What becomes of a car by an event, and what is to be done about it, in this order.</summary>
    public static (Vehicle Next, IReadOnlyList<Effect> Effects) Transition(Vehicle vehicle, VehicleEvent @event)
    {
        var turn = Turn.Begin(vehicle, @event.At);
        return (@event switch
        {
            VehicleEvent.Started started => vehicle.Telemetry.IsConfigured ? TelemetryRules.Begin(turn) : Fetching.Begin(turn, started.Around),
            VehicleEvent.PollDue due => Fetching.OnDue(turn, due.Poll),
            VehicleEvent.Answered answered => Answers.On(turn, answered),
            VehicleEvent.NotAsked refused => Fetching.OnNotAsked(turn, refused.Request),
            VehicleEvent.AvailabilityProbed probed => Answers.OnAvailabilityProbed(turn, probed),
            VehicleEvent.Streamed streamed => Streaming.On(turn, streamed),
            VehicleEvent.ResumeAsked => Commands.Resume(turn),
            VehicleEvent.SuspendAsked asked => Commands.Suspend(turn, asked.Ticket),
            VehicleEvent.SuspendChecked check => Commands.OnChecked(turn, check),
            VehicleEvent.CarChanged changed => Commands.OnCarChanged(turn, changed.Car),
            VehicleEvent.PositionDue => Positions.OnDue(turn),
            VehicleEvent.SignedIn => Commands.OnSignedIn(turn),
            VehicleEvent.TelemetryContact contact => TelemetryContacts.OnContact(turn, contact),
            VehicleEvent.TelemetryCut cut => TelemetryContacts.OnCut(turn, cut.Error),
            VehicleEvent.TelemetryShown shown => TelemetryRules.OnShown(turn, shown),
            VehicleEvent.TelemetryArrived arrived => TelemetryRules.OnArrived(turn, arrived),
            VehicleEvent.TelemetryChecked check => TelemetryContacts.OnChecked(turn, check),
            _ => throw new System.Diagnostics.UnreachableException($"no rule for {@event}"),
        }).End();
    }
}

/// <summary>What the stream says about a car that claims to be online after a sleep (spec vehicle 7.2).</summary>
enum PreOnline
{
    Idle,
    Probing,
    ConfirmedFake,
    ConfirmedReal,
}

/// <summary>Degrees.</summary>
readonly record struct Coordinates(double Latitude, double Longitude);
