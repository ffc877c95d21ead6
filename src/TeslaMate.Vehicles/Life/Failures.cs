using TeslaMate.Configuration;
using TeslaMate.Logbook;
using TeslaMate.Tesla;

namespace TeslaMate.Vehicles.Life;

/// <summary>What follows from a request that failed (spec vehicle 5.5).</summary>
static class Failures
{
    static readonly TimeSpan LongestAfterRefusals = TimeSpan.FromMinutes(15);

    public static Turn On(Turn turn, ApiError error)
    {
        var vehicle = turn.Vehicle;
        turn = turn.With(vehicle with
        {
            ErrorsInARow = vehicle.ErrorsInARow + 1,
            RefusalsInARow = error is ApiError.Refused ? vehicle.RefusalsInARow + 1 : 0,
            LastError = Code(error),
        });
        // A night without network is a handful of lines, not a thousand.
        if (error is not (ApiError.VehicleInService or ApiError.NotSignedIn)
            && (vehicle.LastError != Code(error) || turn.Vehicle.RefusalsInARow == 1 || int.IsPow2(turn.Vehicle.ErrorsInARow)))
            turn = turn.Log(new Note.RequestFailed(Code(error), error.Message, turn.Vehicle.ErrorsInARow));
        return (error, turn.Phase) switch
        {
            (ApiError.Closed, _) => turn.Poll(5),
            (ApiError.VehicleInService, VehiclePhase.Driving { HasRow: true }) => turn
                .Log(new Note.InService())
                .Write(new LogbookEntry.CloseDrive(DriveEnd.Aborted, vehicle.Settings.LookUpAddresses))
                .DisconnectStream().Use().Become(new VehiclePhase.Start()).Publish().Poll(turn.Polling.Online),
            (ApiError.VehicleInService, _) => turn.Log(new Note.InService()).Poll(turn.Polling.Online),
            (ApiError.NotSignedIn, _) => StopUntilSignIn(turn),
            (ApiError.VehicleNotFound, _) => OnNotFound(turn),
            (ApiError.RateLimited(var pause), _) => turn.Publish().Poll(pause),
            (ApiError.Timeout or ApiError.Unauthorized, _) => turn.Publish().Poll(Pause(turn.Phase)),
            (ApiError.Refused, _) => RecordFailure(turn).Publish().Poll(PauseAfterRefusals(Pause(turn.Phase), turn.Vehicle.RefusalsInARow)),
            _ => RecordFailure(turn).Publish().Poll(Pause(turn.Phase)),
        };
    }

    /// <summary>The kind as the HTTP interface spells it (spec vehicle 5.4).</summary>
    public static string Code(ApiError error) => error switch
    {
        ApiError.Unauthorized => "unauthorized",
        ApiError.NotSignedIn => "not_signed_in",
        ApiError.VehicleNotFound => "vehicle_not_found",
        ApiError.VehicleInService => "vehicle_in_service",
        ApiError.VehicleUnavailable => "vehicle_unavailable",
        ApiError.RateLimited => "too_many_request",
        ApiError.Timeout => "timeout",
        ApiError.Closed => "closed",
        ApiError.Unreachable(var reason) when reason.All(letter => char.IsAsciiLetterLower(letter) || letter == '_') && reason.Length > 0 => reason,
        ApiError.Unreachable => "unreachable",
        _ => "unknown",
    };

    static TimeSpan Pause(VehiclePhase phase) => TimeSpan.FromSeconds(phase switch
    {
        VehiclePhase.Driving => 10,
        VehiclePhase.Charging => 15,
        VehiclePhase.Online => 20,
        _ => 30,
    });

    // What Tesla refuses again and again waits for the owner. It may be a hiccup, so the first ones cost a driving car no more than other errors.
    static TimeSpan PauseAfterRefusals(TimeSpan pause, int refusals) => new RetryPolicy(pause, LongestAfterRefusals).Pause(refusals - 4);

    static Turn RecordFailure(Turn turn)
    {
        return turn.With(turn.Vehicle with { ApiErrors = turn.Vehicle.ApiErrors.RecordFailure(turn.Now) });
    }

    /// <summary>Whatever is open stays open, and is settled by the first answer after the next sign-in.</summary>
    static Turn StopUntilSignIn(Turn turn)
    {
        turn = turn.With(turn.Vehicle with
        {
            ApiErrors = turn.Vehicle.ApiErrors.ForceOpen(),
            IsSignedOut = true,
            PreOnline = PreOnline.Idle,
            Unfinished = Unfinished.From(turn.Vehicle, turn.Now),
        });
        return turn.Log(new Note.NotSignedIn()).DisconnectStream().Become(new VehiclePhase.Start()).Publish();
    }

    static Turn OnNotFound(Turn turn)
    {
        turn = RecordFailure(turn);
        var before = turn.Vehicle.NotFound;
        var after = before.RecordFailure(turn.Now);
        turn = turn.With(turn.Vehicle with { NotFound = after }).Publish().Poll(30);
        return after.IsOpen(turn.Now) && !before.IsOpen(turn.Now) ? turn.Do(new Effect.Rediscover()) : turn;
    }
}
