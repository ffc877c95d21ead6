using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>Letting a car fall asleep (spec vehicle 9).</summary>
static class Suspending
{
    static readonly TimeSpan PauseWithStream = TimeSpan.FromMinutes(10);
    static readonly TimeSpan IdleWithStream = TimeSpan.FromMinutes(3);

    // A timer and the clock may disagree a little about the end of a pause.
    static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    // How often the `vehicle` request, which keeps no car awake, looks after a car that is left alone without a stream.
    static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    public static Turn Decide(Turn turn, VehicleData data, Surroundings around)
    {
        turn = Park(turn, data).Locate(data, around);
        var hasStream = turn.Vehicle.IsStreaming;
        var factor = hasStream ? 2 : 1;
        var idle = TimeSpan.FromMinutes(Math.Floor((turn.Now - turn.Vehicle.LastUsed).TotalSeconds) / 60);
        var isDue = idle >= (hasStream ? IdleWithStream : TimeSpan.FromMinutes(turn.Vehicle.Car.Settings.SuspendAfterIdleMin));
        var reason = Reason(data, turn.Vehicle.Car.Settings);
        if (reason is not null && isDue && reason != turn.Vehicle.AwakeFor && IsTold(reason, data))
            turn = turn.Log(new Note.StillAwake(reason));
        if (reason is null || isDue)
            turn = turn.With(turn.Vehicle with { AwakeFor = reason });
        return (reason, isDue) switch
        {
            (null, true) => Suspend(turn, data, around).Publish().PollExactly(NextLook(turn)),
            (null, false) => Stay(turn).Publish().Poll(turn.Polling.Default * factor),
            ("sentry_mode" or "preconditioning" or "dogmode", _) => Stay(turn).Use().Publish().Poll(30 * factor),
            ("user_present", _) => Stay(turn).Use().Publish().Poll(turn.Polling.Default),
            ("unlocked", _) => Stay(turn).Publish().Poll(turn.Polling.Default * factor),
            (_, _) => Stay(turn).Use().Publish().Poll(turn.Polling.Default * factor),
        };
    }

    /// <summary>Why a car cannot be left alone, as the HTTP interface spells it; null when it can. The first match wins.</summary>
    public static string? Reason(VehicleData data, Logbook.Cars.CarSettings settings) => data switch
    {
        { VehicleState.IsUserPresent: true } => "user_present",
        { ClimateState.IsPreconditioning: true } => "preconditioning",
        { ClimateState.ClimateKeeperMode: "dog" } => "dogmode",
        { VehicleState.SentryMode: true } => "sentry_mode",
        { VehicleState.SoftwareUpdate: { Status: "downloading", DownloadPerc: < 100 } } => "downloading_update",
        { VehicleState: { Df: { } df, Pf: { } pf, Dr: { } dr, Pr: { } pr } } when df > 0 || pf > 0 || dr > 0 || pr > 0 => "doors_open",
        { VehicleState: { Ft: { } ft, Rt: { } rt } } when ft > 0 || rt > 0 => "trunk_open",
        { VehicleState.Locked: false } when settings.ReqNotUnlocked => "unlocked",
        { DriveState.Power: > 0 } => "power_usage",
        _ => null,
    };

    /// <summary>Leaves the car alone from now on.</summary>
    public static Turn Suspend(Turn turn, VehicleData data, Surroundings around)
    {
        if (turn.Phase is not VehiclePhase.Suspended)
            turn = turn.Since(turn.Now).Log(new Note.SuspendedLogging());
        return turn.Write(Positions.Entry(data, turn.Now, around)).Become(new VehiclePhase.Suspended(turn.Now + Pause(turn.Vehicle)));
    }

    /// <summary>When to look at a suspended car next.</summary>
    public static TimeSpan NextLook(Turn turn)
    {
        var pause = Pause(turn.Vehicle);
        return turn.Vehicle.IsStreaming || pause < Look ? pause : LookInterval(turn);
    }

    /// <summary>Nothing new from a <c>vehicle</c> request without a stream.</summary>
    public static Turn LookAgain(Turn turn, VehiclePhase.Suspended suspended)
    {
        var left = suspended.Until - turn.Now;
        var interval = LookInterval(turn);
        return turn.PollExactly(left < interval ? left : interval);
    }

    public static bool IsOver(VehiclePhase.Suspended suspended, DateTimeOffset now) => now >= suspended.Until - Slack;

    /// <summary>
    /// A suspended car that stays online while its stream is silent for as long as a pause without stream would last: the stream may be broken, so
    /// the car is looked at as often as one without.
    /// </summary>
    public static bool MayLookWithoutStream(Vehicle vehicle, VehiclePhase.Suspended suspended, DateTimeOffset now)
    {
        var pause = TimeSpan.FromMinutes(Math.Max(1, vehicle.Car.Settings.SuspendMin));
        return now >= suspended.Until + pause && !(vehicle.LastSample > now - pause);
    }

    /// <summary>Remembers where the car stands and what it shows.</summary>
    static Turn Park(Turn turn, VehicleData data)
    {
        if (turn.Vehicle.Settings.JudgesGaps && data.DriveState?.ShiftState.IsParked == true
            && Readings.Position(data, turn.Now) is { OdometerKm: not null } position)
            turn = turn.With(turn.Vehicle with { Parked = position });
        return turn;
    }

    /// <summary>A car that cannot be left alone is not suspended any more.</summary>
    static Turn Stay(Turn turn) => turn.Phase is VehiclePhase.Suspended
        ? turn.Since(turn.Now).Do(Positions.Arm).Become(new VehiclePhase.Online())
        : turn;

    static bool IsTold(string reason, VehicleData data) =>
        reason != "sentry_mode" && !(reason == "unlocked" && data.VehicleState?.ServiceMode == true);

    static TimeSpan Pause(Vehicle vehicle)
    {
        var wanted = vehicle.IsStreaming ? PauseWithStream : TimeSpan.FromMinutes(vehicle.Car.Settings.SuspendMin);
        return wanted > vehicle.Settings.Polling.Default ? wanted : vehicle.Settings.Polling.Default;
    }

    static TimeSpan LookInterval(Turn turn) => turn.Polling.Asleep > Look ? turn.Polling.Asleep : Look;
}
