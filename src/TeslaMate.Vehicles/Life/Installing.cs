using TeslaMate.Logbook;
using TeslaMate.Tesla.Cars;

namespace TeslaMate.Vehicles.Life;

/// <summary>UPDATING (spec vehicle 6.6).</summary>
static class Installing
{
    static readonly TimeSpan LongestRestart = TimeSpan.FromHours(1);

    public static Turn Begin(Turn turn, VehicleData data) => turn
        .Write(new LogbookEntry.StartUpdate(Date(data, turn.Now)))
        .Become(new VehiclePhase.Updating())
        .DisconnectStream()
        .Since(turn.Date).Use()
        .Log(new Note.UpdateStarted())
        .Publish()
        .Poll(15);

    public static Turn Online(Turn turn, VehicleData data, Surroundings around) => data.VehicleState?.SoftwareUpdate switch
    {
        // No word about updates is no word about this one.
        null or { Status: null } => turn.Use().Poll(5),
        { Status: "installing" } => turn.Use().Publish().Poll(turn.Polling.Default),
        { Status: "available" } => PhaseTransitions.Raise(
            turn.Use().Write(new LogbookEntry.CancelUpdate()).Log(new Note.UpdateCancelled()).Become(new VehiclePhase.Start()), data, around),
        { Status: { } status } update => Finish(turn, status, update.InstallPerc, data, around),
    };

    /// <summary>
    /// A car restarts while it installs. One that stays away for long is shown as what it is; its next answer tells what became of the update.
    /// </summary>
    public static Turn Away(Turn turn, VehicleData data, Surroundings around)
    {
        if (turn.Now - turn.Vehicle.LastFullAnswer < LongestRestart || turn.Vehicle.LastFullAnswer is null)
            return turn.Use().PollSoon();
        turn = turn.With(turn.Vehicle with { Unfinished = Unfinished.From(turn.Vehicle, turn.Now) });
        return PhaseTransitions.Raise(turn.Become(new VehiclePhase.Start()), data, around);
    }

    /// <summary>When the car said something about its software.</summary>
    public static DateTimeOffset Date(VehicleData data, DateTimeOffset now) => data.VehicleState?.Timestamp ?? now;

    static Turn Finish(Turn turn, string status, int? installPerc, VehicleData data, Surroundings around)
    {
        if ((status, installPerc) is not (("", _) or ("downloading", 100)))
            turn = turn.Log(new Note.UpdateEndedOddly(status));
        var version = data.VehicleState?.CarVersion;
        return PhaseTransitions.Raise(
            turn.Use().Write(new LogbookEntry.FinishUpdate(Date(data, turn.Now), version)).Log(new Note.UpdateFinished(version))
                .Become(new VehiclePhase.Start()),
            data,
            around);
    }
}
