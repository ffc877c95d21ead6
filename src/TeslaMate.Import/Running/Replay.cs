using TeslaMate.Logbook;
using TeslaMate.Logbook.Cars;
using TeslaMate.Logbook.History;
using TeslaMate.Tesla;
using TeslaMate.Tesla.Cars;
using TeslaMate.Vehicles;
using TeslaMate.Vehicles.Life;

namespace TeslaMate.Import.Running;

/// <summary>
/// A car's past, played to the state machine that live cars have: each row is what a request brings, and the machine asks for the next as it asks a
/// car. A car that is not known to be awake is asked twice, first lightly and then fully, and two rows are used up (spec import 9.3).
/// </summary>
sealed class Replay(Car car)
{
    static readonly VehicleSettings Settings = new() { LookUpAddresses = false, JudgesGaps = false };
    static readonly OpenEntries NothingOpen = new(null, null, null, null, null, null);

    // Longer than this without a row, nobody knows what became of a drive or a charge.
    static readonly TimeSpan LongestSilence = TimeSpan.FromHours(24);

    // A live drive or charge begins when the car is asked next; what other loggers saw of it before is its first minutes.
    static readonly TimeSpan BeginningOfLive = TimeSpan.FromMinutes(5);

    readonly Car _car = car with { Settings = new CarSettings { UseStreamingApi = false, SuspendAfterIdleMin = int.MaxValue } };
    Vehicle? _vehicle;
    FetchPlan _plan;
    long _request;
    bool _isAwake;
    VehicleData? _first;
    bool _isCut;
    bool _isRecalling;

    public History History { get; private set; } = new();

    /// <summary>What was read and is not put down as read yet.</summary>
    public Segments Read { get; private set; } = new();

    public DateTimeOffset? Last { get; private set; }

    public Replay Copy()
    {
        var copy = (Replay)MemberwiseClone();
        copy.History = History.Copy();
        copy.Read = Read.Copy();
        return copy;
    }

    /// <summary>The next row.</summary>
    /// <param name="at">Not before the last one, unless it was cut off.</param>
    public void Take(VehicleData data, DateTimeOffset at)
    {
        CutAfterSilence(at);
        // A drive or a charge that was written up to here goes on, and is written anew as a whole.
        if (_isRecalling && History.OpenSince is { } since)
            History.GoOn(since, Last!.Value);
        _isRecalling = false;
        Play(data, at);
        Read.Add(at);
    }

    /// <summary>A row that is in the database already: played for what follows it, and forgotten.</summary>
    /// <param name="at">Not before the last one.</param>
    public void Recall(VehicleData data, DateTimeOffset at)
    {
        if (!_isRecalling)
            Cut(byLiveCar: false, until: at);
        _isRecalling = true;
        var mark = History.Mark();
        CutAfterSilence(at);
        Play(data, at);
        History.Return(mark);
    }

    void CutAfterSilence(DateTimeOffset at)
    {
        if (History.OpenSince is not null && at - Last > LongestSilence)
            Cut(byLiveCar: false, until: at);
    }

    void Play(VehicleData data, DateTimeOffset at)
    {
        var isFirst = _vehicle is null;
        if (isFirst)
            Begin(at);
        _isCut = false;
        Last = at;
        // `vehicle`: all it tells is whether `vehicle_data` makes sense.
        if (_plan == FetchPlan.VehicleThenVehicleData && !_isAwake && data.Availability == Availability.Online)
        {
            _isAwake = true;
            _first = isFirst ? data : null;
            return;
        }

        _isAwake = false;
        History.StartsUnderWay = _first is not null && IsOneRide(_first, data);
        _first = null;
        Happen(new VehicleEvent.Answered(at, _request, new ApiAnswer<VehicleData>.Ok(data), Surroundings.Unknown));
        History.StartsUnderWay = false;
    }

    /// <summary>What follows does not join on: what is open ends at its last row, and the next row is the first one of its kind.</summary>
    /// <param name="byLiveCar">What follows was logged by the live car.</param>
    /// <param name="until">When it begins.</param>
    public void Cut(bool byLiveCar, DateTimeOffset? until)
    {
        if (_isCut)
            return;
        // The first minutes of a drive that the live car logged from then on.
        if (byLiveCar && until - History.OpenSince < BeginningOfLive)
            History.DropOpen();
        End();
        History.Break();
        _vehicle = null;
        _isAwake = false;
        _isCut = true;
    }

    /// <summary>Nothing follows.</summary>
    public void End()
    {
        if (_isRecalling)
            History.DropOpen();
        else if (Last is { } last)
            History.End(last);
    }

    static bool IsOneRide(VehicleData first, VehicleData second) => (IsInGear(first), IsInGear(second)) switch
    {
        (true, true) => true,
        (false, false) => first.ChargeState?.IsCharging == true && second.ChargeState?.IsCharging == true,
        _ => false,
    };

    static bool IsInGear(VehicleData data) => data.DriveState?.ShiftState is ShiftState.D or ShiftState.N or ShiftState.R;

    void Begin(DateTimeOffset at)
    {
        _vehicle = Vehicle.Begin(_car, Settings, NothingOpen, at);
        Happen(new VehicleEvent.Started(at));
    }

    void Happen(VehicleEvent first)
    {
        VehicleEvent? next = first;
        while (next is not null)
        {
            var @event = next;
            next = null;
            (_vehicle, var effects) = Vehicle.Transition(_vehicle!, @event);
            foreach (var effect in effects)
            {
                switch (effect)
                {
                    case Effect.Write(var entries):
                        foreach (var entry in entries)
                            History.Add(entry);
                        break;
                    // No pause: the next row is there already.
                    case Effect.Poll(var number, _):
                        next = new VehicleEvent.PollDue(@event.At, number);
                        break;
                    case Effect.Fetch(var request, var plan):
                        (_request, _plan) = (request, plan);
                        break;
                    default:
                        // Nobody listens to summaries, the journal is about live cars, and there is no stream.
                        break;
                }
            }
        }
    }
}
