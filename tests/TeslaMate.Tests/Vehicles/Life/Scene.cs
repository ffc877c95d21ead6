using System.Globalization;
using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Tests.Vehicles;

/// <summary>
/// The machine alone, played event by event: a test says what the car or the owner does and reads what was written, published and asked.
/// </summary>
sealed class Scene
{
    static readonly OpenEntries NothingOpen = new(null, null, null, null, null, null);

    readonly Dictionary<string, int> _places = [];
    DateTimeOffset? _pollDue;

    public Scene(bool streaming = false, int suspendMin = 21, int idleMin = 99_999, bool mustBeLocked = false, VehicleSettings? settings = null,
        OpenEntries? open = null)
    {
        Now = ACar.T;
        Vehicle = Vehicle.Begin(ACar.Row(streaming, suspendMin, idleMin, mustBeLocked), settings ?? new VehicleSettings(), open ?? NothingOpen, Now);
        Send(new VehicleEvent.Started(Now));
    }

    public Vehicle Vehicle { get; private set; }

    public DateTimeOffset Now { get; set; }

    public List<LogbookEntry> Entries { get; } = [];

    public List<Summary> Summaries { get; } = [];

    public List<Effect> Effects { get; } = [];

    /// <summary>The effects of the last event.</summary>
    public IReadOnlyList<Effect> Last { get; private set; } = [];

    public List<FetchPlan> Plans { get; } = [];

    public VehiclePhase Phase => Vehicle.Phase;

    /// <summary>Seconds from the last event to the next poll; null when none is armed.</summary>
    public double? Poll => Last.OfType<Effect.Poll>().LastOrDefault()?.After.TotalSeconds;

    /// <summary>What was written, a line each; descriptions of the car and versions are left out.</summary>
    public IEnumerable<string> Rows => Entries.Select(Text).OfType<string>();

    /// <summary>States as published, equal neighbours once.</summary>
    public IEnumerable<string> States => Summaries.Select(summary => summary.State.Word).Aggregate(new List<string>(), (states, state) =>
    {
        if (states.Count == 0 || states[^1] != state)
            states.Add(state);
        return states;
    });

    public int Connects => Effects.Count(effect => effect is Effect.ConnectStream);

    public int Disconnects => Effects.Count(effect => effect is Effect.DisconnectStream);

    /// <summary>Whether a stream is held as the effects tell.</summary>
    public bool IsConnected => Effects.LastOrDefault(effect => effect is Effect.ConnectStream or Effect.DisconnectStream) is Effect.ConnectStream;

    /// <summary>Names a geofence for a latitude.</summary>
    public Scene Fence(string name, double latitude)
    {
        _places[latitude.ToString(CultureInfo.InvariantCulture)] = _places.Count + 1;
        Fences[latitude] = new SummaryGeofence(_places.Count, name);
        return this;
    }

    public Dictionary<double, SummaryGeofence> Fences { get; } = [];

    /// <summary>The regular request is answered; if none is under way, the poll timer runs out first.</summary>
    public Scene Gets(params ReadOnlySpan<VehicleData> answers)
    {
        foreach (var answer in answers)
        {
            Ask();
            Send(new VehicleEvent.Answered(Now, Vehicle.Request ?? -1, new ApiAnswer<VehicleData>.Ok(answer), Around(answer.DriveState?.Latitude)));
        }

        return this;
    }

    public Scene Gets(int times, VehicleData answer)
    {
        for (var i = 0; i < times; i++)
            Gets(answer);
        return this;
    }

    public Scene Fails(ApiError error, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            Ask();
            Send(new VehicleEvent.Answered(Now, Vehicle.Request ?? -1, error, Surroundings.Unknown));
        }

        return this;
    }

    public Scene Samples(params ReadOnlySpan<StreamReading> readings)
    {
        foreach (var reading in readings)
            Says(new StreamEvent.Data(new StreamId(1), reading), reading.EstLat);
        return this;
    }

    public Scene Says(StreamEvent said, double? latitude = null) =>
        Send(new VehicleEvent.Streamed(Now, Vehicle.Stream ?? -1, said, Around(latitude)));

    /// <summary>Time passes; a negative one is the server's clock being set back, which no timer notices.</summary>
    public Scene Passes(TimeSpan time)
    {
        Now += time;
        if (time < TimeSpan.Zero)
            _pollDue += time;
        return this;
    }

    public Scene PassMinutes(double minutes) => Passes(TimeSpan.FromMinutes(minutes));

    public Scene Resume() => Send(new VehicleEvent.ResumeAsked(Now));

    /// <summary>The owner asks to suspend; when the car has to be asked, it answers this.</summary>
    public SuspendAnswer Suspend(ApiAnswer<VehicleData>? answer = null)
    {
        Send(new VehicleEvent.SuspendAsked(Now, 7));
        if (Last.OfType<Effect.CheckForSuspend>().Any() && answer is not null)
            Send(new VehicleEvent.SuspendChecked(Now, 7, answer, Surroundings.Unknown));
        return Last.OfType<Effect.Reply>().ShouldHaveSingleItem().Answer;
    }

    public Scene Changes(Func<CarSettings, CarSettings> change) =>
        Send(new VehicleEvent.CarChanged(Now, Vehicle.Car with { Settings = change(Vehicle.Car.Settings) }));

    public Scene Send(VehicleEvent @event)
    {
        (Vehicle, Last) = Vehicle.Transition(Vehicle, @event);
        Effects.AddRange(Last);
        foreach (var effect in Last)
        {
            switch (effect)
            {
                case Effect.Write(var entries):
                    Entries.AddRange(entries);
                    break;
                case Effect.Publish(var summary):
                    Summaries.Add(summary);
                    break;
                case Effect.Poll(_, var after):
                    _pollDue = Now + after;
                    break;
                case Effect.Fetch(_, var plan):
                    Plans.Add(plan);
                    break;
            }
        }

        return this;
    }

    /// <summary>Forgets what was written, published and asked so far.</summary>
    public Scene From()
    {
        Entries.Clear();
        Summaries.Clear();
        Effects.Clear();
        Plans.Clear();
        return this;
    }

    /// <summary>Runs the poll timer out unless a request is under way.</summary>
    public Scene Ask()
    {
        if (Vehicle.Request is not null)
            return this;
        if (_pollDue is { } due && due > Now)
            Now = due;
        return Send(new VehicleEvent.PollDue(Now, Vehicle.Poll ?? -1));
    }

    public static string? Text(LogbookEntry entry) => entry switch
    {
        LogbookEntry.StartState(var activity, var since) => $"state {activity.ToString().ToLowerInvariant()} {After(since)}",
        LogbookEntry.InsertPosition => "pos",
        LogbookEntry.StartDrive(_, var position, _) => $"drive, pos(d){Speed(position)}",
        LogbookEntry.InsertDrivePosition(var position) => $"pos(d){Speed(position)}",
        LogbookEntry.CloseDrive(var reason, _) => $"close {reason.ToString().ToLowerInvariant()}",
        LogbookEntry.StartCharging => "charging",
        LogbookEntry.InsertCharge(var charge) => string.Create(CultureInfo.InvariantCulture, $"charge {charge.EnergyAddedKwh}"),
        LogbookEntry.CompleteCharging => "complete",
        LogbookEntry.StartUpdate(var at) => $"update {After(at)}",
        LogbookEntry.CancelUpdate => "cancel update",
        LogbookEntry.FinishUpdate(var at, var version) => $"finish update {After(at)} {version}",
        _ => null,
    };

    Surroundings Around(double? latitude)
        => latitude is { } at && Fences.TryGetValue(at, out var fence) ? new Surroundings(fence, null) : Surroundings.Unknown;

    static string Speed(PositionReading position) => position.SpeedKmH is { } speed ? string.Create(CultureInfo.InvariantCulture, $" {speed}") : "";

    static string After(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"T+{(time - ACar.T).TotalMilliseconds:0.###}");
}
