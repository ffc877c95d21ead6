using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;
using TeslaMate.Tesla.Streaming;

namespace TeslaMate.Vehicles.Life;

/// <summary>What the stream says (spec vehicle 7).</summary>
static class Streaming
{
    static readonly TimeSpan LongestReordering = TimeSpan.FromMinutes(1);

    public static Turn On(Turn turn, VehicleEvent.Streamed streamed)
    {
        // Words of a connection that was given up.
        if (turn.Vehicle.Stream != streamed.Connection)
            return turn;
        return (streamed.Said, turn.Phase) switch
        {
            (StreamEvent.Data data, _) => OnSample(turn, data.Reading, streamed.Around),
            (StreamEvent.Inactive, VehiclePhase.Suspended) => turn.Do(new Effect.AvailabilityProbe()),
            (StreamEvent.Inactive, VehiclePhase.Asleep or VehiclePhase.Offline) => WakingUp.Be(turn, PreOnline.Idle),
            (StreamEvent.Inactive, _) => turn,
            (StreamEvent.TooManyDisconnects or StreamEvent.TokensExpired, _) => turn.DisconnectStream().ConnectStream(),
            (StreamEvent.VehicleOffline, _) => OnOffline(turn),
            _ => throw new System.Diagnostics.UnreachableException($"no rule for {streamed.Said}"),
        };
    }

    static Turn OnOffline(Turn turn)
    {
        var due = turn.Vehicle.StreamPollDue;
        turn = turn.PollForStream(GearDoubt.Floor);
        return turn.Vehicle.StreamPollDue == due ? turn : turn.Log(new Note.StreamSaysOffline());
    }

    static Turn OnSample(Turn turn, StreamReading reading, Surroundings around)
    {
        turn = turn.With(turn.Vehicle with { LastSample = turn.Now });
        if (turn.Phase is VehiclePhase.Online or VehiclePhase.Suspended && turn.Vehicle.LastResponse?.DriveState?.Timestamp > reading.Time)
            return turn.Log(new Note.StaleSample());
        turn = turn.With(turn.Vehicle with
        {
            LastInGear = reading.ShiftState.IsInGear ? reading : null,
            GearDoubt = reading.ShiftState is ShiftState.P ? turn.Vehicle.GearDoubt.Settled() : turn.Vehicle.GearDoubt,
        });
        return (turn.Phase, reading) switch
        {
            (VehiclePhase.Online or VehiclePhase.Suspended, { ShiftState: ShiftState.D or ShiftState.N or ShiftState.R })
                => OnGear(turn, reading, around),
            (VehiclePhase.Online, { ShiftState: null, Power: < 0 })
                => IsWarmingUp(turn.Vehicle.LastResponse) ? turn : turn.PollForStream(GearDoubt.Floor),
            (VehiclePhase.Suspended, { ShiftState: null or ShiftState.P, Power: < 0 }) => Awaken(turn),
            (VehiclePhase.Suspended, { ShiftState: null or ShiftState.P, Power: > 0 }) => Awaken(Merge(turn, reading, withTime: true)),
            (VehiclePhase.Online or VehiclePhase.Suspended, _) => turn,

            (VehiclePhase.Driving { Contact: Contact.Available } driving, { ShiftState: ShiftState.D or ShiftState.N or ShiftState.R })
                => GoOn(turn, driving, reading, around),
            (VehiclePhase.Driving, _) => turn.PollForStream(GearDoubt.Floor),

            (VehiclePhase.Asleep or VehiclePhase.Offline, _) => WakingUp.OnSample(turn, reading),
            (VehiclePhase.Start or VehiclePhase.Charging or VehiclePhase.Updating, _) => turn,
            _ => throw new System.Diagnostics.UnreachableException($"no rule for a sample in {turn.Phase}"),
        };
    }

    /// <summary>The stream shows a gear. Where the answers say P they are asked first; what they contradict is believed once the car moves.</summary>
    static Turn OnGear(Turn turn, StreamReading reading, Surroundings around)
    {
        var doubt = turn.Vehicle.GearDoubt;
        if (doubt.IsContradicted)
        {
            if (doubt.Moves(reading))
                return BeginDrive(turn, reading, around);
            return turn.With(turn.Vehicle with { GearDoubt = doubt with { Against = doubt.Against ?? reading } });
        }

        if (!doubt.IsAsking && doubt.Contradictions == 0 && turn.Vehicle.LastResponse?.DriveState?.ShiftState is not ShiftState.P)
            return BeginDrive(turn, reading, around);
        turn = turn.With(turn.Vehicle with { GearDoubt = doubt with { IsAsking = true, Against = doubt.Against ?? reading } });
        return turn.Phase is VehiclePhase.Suspended ? Awaken(turn) : turn.PollForStream(doubt.PollFloor);
    }

    static Turn BeginDrive(Turn turn, StreamReading reading, Surroundings around)
    {
        turn = Driving.Begin(turn, Readings.Position(reading));
        turn = turn.With(turn.Vehicle with { LastDrivingSample = reading.Time });
        return Follow(Merge(turn, reading, withTime: true), reading, around).Publish().PollForStream(turn.Vehicle.GearDoubt.PollFloor);
    }

    static Turn GoOn(Turn turn, VehiclePhase.Driving driving, StreamReading reading, Surroundings around)
    {
        // Duplicated, reordered after a reconnect, or without a place: no row, and nothing new to show. Much older means that the car's clock was
        // set.
        var isLate = reading.Time <= turn.Vehicle.LastDrivingSample && turn.Vehicle.LastDrivingSample - reading.Time < LongestReordering;
        if (isLate || Readings.Position(reading) is not { } position || position.Date == turn.Vehicle.LastPosition)
            return turn.Use();
        if (reading.Time - Latest(turn.Vehicle.LastDrivingSample, turn.Vehicle.LastResponse?.DriveState?.Timestamp) is var pause
            && pause > turn.Vehicle.LongestPauseOfStream)
            turn = turn.With(turn.Vehicle with { LongestPauseOfStream = pause.Value });
        turn = turn.With(turn.Vehicle with { LastDrivingSample = reading.Time });
        turn = turn
            .Write(driving.HasRow ? new LogbookEntry.InsertDrivePosition(position) : new LogbookEntry.StartDrive(turn.Now, position))
            .Become(driving with { HasRow = true });
        return Follow(Merge(turn, reading, withTime: false), reading, around).Use().Publish();
    }

    /// <summary>A suspended car does something: look at it.</summary>
    static Turn Awaken(Turn turn) =>
        turn.Use().Become(new VehiclePhase.Online()).Do(Positions.Arm).PollForStream(turn.Vehicle.GearDoubt.PollFloor);

    static DateTimeOffset? Latest(DateTimeOffset? one, DateTimeOffset? other) => one > other || other is null ? one : other;

    static bool IsWarmingUp(VehicleData? last) => last?.ClimateState is { IsPreconditioning: true } or { ClimateKeeperMode: "dog" };

    static Turn Follow(Turn turn, StreamReading reading, Surroundings around)
    {
        return turn.With(turn.Vehicle with
        {
            Elevation = reading.Elevation,
            Geofence = reading is { EstLat: not null, EstLng: not null } ? around.Geofence : turn.Vehicle.Geofence,
        });
    }

    static Turn Merge(Turn turn, StreamReading reading, bool withTime)
    {
        if (turn.Vehicle.LastResponse is not { } last)
            return turn;
        var drive = last.DriveState ?? new DriveState();
        return turn.With(turn.Vehicle with
        {
            LastResponse = last with
            {
                DriveState = drive with
                {
                    Timestamp = withTime ? reading.Time : drive.Timestamp,
                    Latitude = reading.EstLat,
                    Longitude = reading.EstLng,
                    Speed = reading.Speed,
                    Power = reading.Power,
                    Heading = reading.EstHeading,
                    ShiftState = reading.ShiftState,
                },
                ChargeState = (last.ChargeState ?? new ChargeState()) with { BatteryLevel = reading.Soc },
                VehicleState = (last.VehicleState ?? new VehicleState()) with { OdometerMiles = reading.OdometerMiles },
            },
        });
    }
}
